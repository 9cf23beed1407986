import { isCancellation, sleep } from '@temporalio/workflow';
import type { AdriftPlace } from '../activities/adrift.ts';
import type { RunInput } from '../activities/own-work.ts';
import { atAccount } from './activity-options.ts';

/**
 * Collects what was paid for and stands in no lane, at each account beside the others. An account that
 * nobody serves delays no batch: what lies there waits for the next run.
 */
export async function collectAdrift(
  { batch, run, ledgerId }: RunInput,
  places: readonly AdriftPlace[],
): Promise<void> {
  const collect = async ({ lane, account, accountName }: AdriftPlace): Promise<void> => {
    const { runShots } = atAccount(accountName, `collect at ${accountName}`, '30 seconds');
    for (;;) {
      const range = { lane, account, from: 0, to: 0, reportAfterMs: null };
      const result = await runShots({ batch, run, ledgerId, ...range });
      if (result.kind === 'done' || result.kind === 'stopped') return;
      if (result.kind === 'wait') await sleep(result.ms);
    }
  };
  await Promise.all(
    places.map((place) =>
      collect(place).catch((error: unknown) => {
        if (isCancellation(error)) throw error;
      }),
    ),
  );
}
