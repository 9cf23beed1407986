import { condition, patched, sleep } from '@temporalio/workflow';

/** Waits until `isOver`, at most `ms`. Patched: older histories must replay a plain sleep. */
export async function waitUnless(isOver: () => boolean, ms: number): Promise<void> {
  if (patched('waits-end-early')) await condition(isOver, ms);
  else await sleep(ms);
}
