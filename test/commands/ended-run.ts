import { join } from 'node:path';
import type { PlannedShot } from '../../src/batch/shot.ts';
import type { SubmissionLedger } from '../../src/ledger/port.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/index.ts';
import type { openDesk } from './desk.ts';

export type Desk = Awaited<ReturnType<typeof openDesk>>;

/**
 * Writes what a run of one shot leaves, whose job has ended as `end` says.
 * @param file of a batch `pots` whose one shot is `draw/pot`
 */
export async function endRun(
  desk: Desk,
  file: string,
  end: (submissions: SubmissionLedger, id: string) => Promise<unknown>,
): Promise<void> {
  const shown = await desk.run(['plan', file, '--show', 'draw/pot']);
  const shot = JSON.parse(shown.stdout) as PlannedShot;
  const { account } = shot;
  const ledger = await openSqliteLedger({ path: join(desk.folder, '.shotlist', 'ledger.db') });
  const { submissions } = ledger;
  await ledger.batches.startRun({
    batch: 'pots',
    frozen: 'f'.repeat(64),
    ownerPath: join(desk.folder, file),
    policy: { retries: 0, paidRetries: 0, maxFailures: null, onAmbiguous: 'park' },
    budget: [],
    accepted: [{ account, unit: 'credits', cap: 1_000_000 }],
    unknownPrices: false,
    steps: [{ name: 'draw', from: [], pick: 'all' }],
  });
  await ledger.plans.putShots('pots', 1, [shot]);
  const [lane] = await ledger.plans.makeLanes('pots', 1, 'draw', 1);
  const range = { batch: 'pots', run: 1, lane: lane?.lane ?? '', account, from: 0, to: 1 };
  const claim = { window: 1, postTimeoutMs: 1_000, worker: 'test' };
  const id = (await ledger.claims.claim(range, claim)).granted[0]?.submission ?? '';
  await submissions.submitted(id, {}, 'job-1', { nextPollInMs: 1, giveUpInMs: 1 });
  await end(submissions, id);
  await ledger.batches.finishRun('pots', 1, 'incomplete');
  await ledger.close();
}
