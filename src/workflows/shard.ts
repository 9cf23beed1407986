import {
  allHandlersFinished,
  condition,
  getExternalWorkflowHandle,
  makeContinueAsNewFunc,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { RunInput } from '../activities/own-work.ts';
import { atAccount } from './activity-options.ts';
import {
  chunkDrainedSignal,
  shardAdmittedSignal,
  sourcesMovedSignal,
  wakeSignal,
} from './messages.ts';
import { type Rest, StoppedChunks } from './stopped-chunks.ts';

export interface ShardInput extends RunInput {
  readonly step: string;
  readonly lane: string;
  readonly account: string;
  readonly accountName: string;
  /** Shots of one chunk. */
  readonly chunkShots: number;
  /** First position of each remaining chunk. */
  readonly chunks: readonly number[];
  /** End of the lane. */
  readonly to: number;
  /** Concurrent chunks. */
  readonly window: number;
  /** Keys of the shots by position from `namesFrom`, if each shot has its own activity. */
  readonly names: readonly string[];
  readonly namesFrom: number;
  /** Whether other steps read this one. */
  readonly isRead: boolean;
  /** Events after which the workflow continues as new; default 8,000. Tests lower it. */
  readonly eventsMax?: number;
}

const eventsMaxDefault = 8_000;
/** Time after which a chunk returns once a file was saved, in a step that other steps read. */
const reportAfterMs = 15_000;
/** Longest pause between reports: each adds four events to the batch's history. */
const reportMostMs = 300_000;

/**
 * Runs up to 200 chunks of one lane, with a window of concurrent chunks. A chunk with nothing left
 * to claim leaves the window: slow jobs and ambiguous requests delay no later chunk. Of the chunks
 * stopped for one reason, one probes; the rest wait for it or for a wake. Long histories continue
 * as new.
 */
export async function shardWorkflow(input: ShardInput): Promise<void> {
  const shard = new Shard(input);
  setHandler(wakeSignal, () => shard.wake());
  setHandler(chunkDrainedSignal, (from) => shard.drained(from));
  await shard.run();
}

class Shard {
  readonly #input: ShardInput;
  readonly #queue: number[];
  /** Chunks under way that may have shots left to claim. */
  readonly #claiming = new Set<number>();
  /** Chunks for the continued workflow. */
  readonly #unfinished: number[] = [];
  readonly #parent = workflowInfo().parent;
  readonly #stopped = new StoppedChunks();
  #wakes = 0;
  #moved = false;
  #ended = false;

  constructor(input: ShardInput) {
    this.#input = input;
    this.#queue = [...input.chunks];
  }

  wake(): void {
    this.#wakes++;
    this.#stopped.wake();
  }

  drained(from: number): void {
    this.#claiming.delete(from);
  }

  async run(): Promise<void> {
    const working = this.#runChunks().finally(() => (this.#ended = true));
    await Promise.all([working, this.#report()]);
    await condition(allHandlersFinished);
    if (this.#unfinished.length === 0) return;
    const chunks = this.#unfinished.toSorted((a, b) => a - b);
    await makeContinueAsNewFunc<typeof shardWorkflow>()({ ...this.#input, chunks });
  }

  async #runChunks(): Promise<void> {
    const running: Promise<void>[] = [];
    const failures: unknown[] = [];
    for (;;) {
      await condition(() => this.#claiming.size < this.#input.window || failures.length > 0);
      if (failures.length > 0) throw failures[0];
      if (this.#isLong()) this.#unfinished.push(...this.#queue.splice(0));
      const from = this.#queue.shift();
      if (from === undefined) break;
      this.#claiming.add(from);
      const chunk = this.#chunk(from)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => this.#claiming.delete(from));
      running.push(chunk);
      if (this.#queue.length === 0) await this.#tellParent();
    }
    const ended = Promise.all(running);
    await Promise.race([ended, condition(() => failures.length > 0)]);
    if (failures.length > 0) throw failures[0];
  }

  async #chunk(from: number): Promise<void> {
    const { batch, run, ledgerId, lane, account, chunkShots, isRead } = this.#input;
    const to = Math.min(from + chunkShots, this.#input.to);
    const { runShots } = atAccount(this.#input.accountName, this.#summary(from, to));
    for (;;) {
      if (this.#isLong()) {
        this.#unfinished.push(from);
        this.#stopped.open();
        return;
      }
      const before = this.#wakes;
      const result = await runShots({
        batch,
        run,
        ledgerId,
        lane,
        account,
        from,
        to,
        reportAfterMs: isRead ? reportAfterMs : null,
      });
      if (result.saved > 0) this.#moved = true;
      if (result.kind !== 'stopped') this.#stopped.open();
      if (result.kind === 'done') return;
      if (result.kind === 'wait') await condition(() => this.#wakes !== before, result.ms);
      if (result.kind !== 'stopped') continue;
      if (result.reason.kind === 'superseded' || result.reason.kind === 'cancelled') {
        this.#stopped.open();
        return;
      }
      await this.#untilOpen(before, this.#stopped.rest(from, result, Date.now()));
    }
  }

  /**
   * Waits until another check is useful. A long history ends the wait: the rest of it is for active
   * chunks.
   */
  async #untilOpen(before: number, rest: Rest): Promise<void> {
    const isOver = (): boolean => this.#wakes !== before || rest.isCalled || this.#isLong();
    if (rest.ms === undefined) await condition(isOver);
    else await condition(isOver, rest.ms);
  }

  async #tellParent(): Promise<void> {
    if (!this.#parent) return;
    const parent = getExternalWorkflowHandle(this.#parent.workflowId);
    await parent.signal(shardAdmittedSignal, workflowInfo().workflowId).catch(() => undefined);
  }

  /** Reports saved outputs to the batch, at growing intervals. */
  async #report(): Promise<void> {
    if (!this.#input.isRead || !this.#parent) return;
    const parent = getExternalWorkflowHandle(this.#parent.workflowId);
    for (let waitMs = 250; ; waitMs = Math.min(reportMostMs, waitMs * 1.3)) {
      await condition(() => this.#moved || this.#ended);
      if (!this.#moved) return;
      this.#moved = false;
      await parent.signal(sourcesMovedSignal, this.#input.step).catch(() => undefined);
      if (!this.#ended) await condition(() => this.#ended, waitMs);
    }
  }

  #isLong(): boolean {
    return workflowInfo().historyLength > (this.#input.eventsMax ?? eventsMaxDefault);
  }

  #summary(from: number, to: number): string {
    const name = this.#input.names[from - this.#input.namesFrom];
    if (to - from === 1 && name !== undefined) return name;
    return `${this.#input.step} ${from + 1}-${to} at ${this.#input.accountName}`;
  }
}
