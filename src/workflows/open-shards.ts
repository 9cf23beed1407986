import type { ChildWorkflowHandle } from '@temporalio/workflow';
import { wakeSignal } from './messages.ts';
import type { shardWorkflow } from './shard.ts';

type ShardHandle = ChildWorkflowHandle<typeof shardWorkflow>;

/** The running shards: the receivers of a wake, and those that have begun their last chunk. */
export class OpenShards {
  readonly #handles = new Map<string, ShardHandle>();
  readonly #admitted = new Set<string>();

  get count(): number {
    return this.#handles.size;
  }

  add(handle: ShardHandle): void {
    this.#handles.set(handle.workflowId, handle);
  }

  remove(workflowId: string): void {
    this.#handles.delete(workflowId);
    this.#admitted.delete(workflowId);
  }

  admit(workflowId: string): void {
    this.#admitted.add(workflowId);
  }

  /** Whether the lane's next shard may start. */
  isAdmitted(workflowId: string): boolean {
    return this.#admitted.has(workflowId) || !this.#handles.has(workflowId);
  }

  /** Wakes all shards. A shard that has just closed needs no wake. */
  async wake(): Promise<void> {
    const handles = [...this.#handles.values()];
    await Promise.all(handles.map((handle) => handle.signal(wakeSignal).catch(() => undefined)));
  }
}
