import type { Project } from '../project/project.ts';
import { notifyWorkflow } from './notify-workflow.ts';

/**
 * Wakes batches with shots changed in the ledger.
 * @returns whether all of them run, and the commands to continue the stopped ones
 */
export async function wakeBatches(
  { config, ledger, continueCommand }: Project,
  batches: readonly string[],
): Promise<{ running: boolean; next: string[] }> {
  const next: string[] = [];
  for (const batch of batches) {
    const row = await ledger.batches.get(batch);
    if (!row) continue;
    const isActive = row.state === 'running' || row.state === 'paused';
    const isTold =
      isActive && (await notifyWorkflow(config, batch, { kind: 'wake', reopened: true }));
    // The batch may have ended at the same moment.
    const now = (await ledger.batches.get(batch)) ?? row;
    if (!isTold || now.state === 'finished') next.push(continueCommand(now));
  }
  return { running: batches.length > 0 && next.length === 0, next };
}
