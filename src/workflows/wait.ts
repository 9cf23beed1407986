import { condition, patched, sleep } from '@temporalio/workflow';

/** Waits until there is no reason to any more; histories that began when nothing ended a wait replay as they were. */
export async function waitUnless(isOver: () => boolean, ms: number): Promise<void> {
  if (patched('waits-end-early')) await condition(isOver, ms);
  else await sleep(ms);
}
