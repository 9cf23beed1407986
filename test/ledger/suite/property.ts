import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ClaimAnswer, Ledger, Range, SubmissionRow } from '../../../src/ledger/port.ts';
import {
  account,
  accountSettings,
  everything,
  file,
  options,
  oneOutput,
  plannedShot,
  startBatch,
  times,
  keyHash,
} from '../fixture.ts';
import type { Open } from '../suite.ts';

const events = [
  'claim',
  'submitted',
  'fail',
  'reopen',
  'ambiguous',
  'adopt',
  'absent',
  'park',
  'succeeded',
  'billedMore',
  'refunded',
  'kept',
  'promised',
  'moneyBack',
  'notYet',
  'stalled',
  'save',
  'lose',
  'fetchAgain',
  'found',
  'recover',
  'late',
  'lateAgain',
  'takeUp',
  'again',
  'skip',
  'due',
  'newRun',
] as const;
type Event = (typeof events)[number];
const batches = ['fox', 'owl'] as const;
const exclusive = ['claimed', 'submitted', 'ambiguous', 'parked', 'stalled', 'succeeded'];
const price = 1_000;
/** A bill above the price, and so what later requests reserve. */
const billedMore = price + 1;

export function propertySuite(open: Open): void {
  it('conserves money, binds a shot to one submission and pays a fingerprint once', async () => {
    const step = fc.record({
      event: fc.constantFrom(...events),
      pick: fc.nat(30),
      batch: fc.nat(1),
      later: fc.constantFrom(0, 0, 1_000, 70_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        let now = Date.UTC(2026, 0, 1);
        const { ledger, close } = await open({ now: () => now });
        try {
          await ledger.batches.putAccounts([accountSettings()]);
          const ranges = [await start(ledger, 'fox'), await start(ledger, 'owl')];
          let granted = 0;
          for (const { event, pick, batch, later } of steps) {
            now += later;
            const answer = await apply(ledger, ranges, { event, pick, batch });
            if (event === 'claim') granted += (answer as ClaimAnswer).granted.length;
            await ledger.batches.clearBlocks('fox');
            await checkInvariants(ledger, granted);
          }
        } finally {
          await close();
        }
      }),
      { numRuns: 40 },
    );
  }, 20_000);
}

/** Both batches share two of their three fingerprints. */
function start(ledger: Ledger, batch: (typeof batches)[number]): Promise<Range> {
  const shots = ['a', 'b', batch].map((fingerprint, number) =>
    plannedShot(number, { fingerprint }),
  );
  return startBatch(ledger, batch, shots, {
    policy: {
      retries: 1,
      paidRetries: 1,
      maxFailures: null,
      onAmbiguous: batch === 'fox' ? 'park' : 'resubmit',
    },
    budget: [{ account, unit: 'credits', cap: 6 * price }],
  });
}

async function apply(
  ledger: Ledger,
  ranges: Range[],
  { event, pick, batch }: { event: Event; pick: number; batch: number },
): Promise<unknown> {
  const range = ranges[batch];
  const rows = await allSubmissions(ledger);
  const id = rows[pick % Math.max(1, rows.length)]?.submission ?? 'none';
  const { submissions } = ledger;
  if (!range) throw new Error('no range');
  switch (event) {
    case 'claim':
      return ledger.claims.claim(range, { ...options, window: 1 + (pick % 3) });
    case 'newRun':
      ranges[batch] = await start(ledger, batches[batch] ?? 'fox');
      return undefined;
    case 'due':
      return submissions.due(range, { leaseMs: 10, limit: 9, settleMs: 0 });
    case 'submitted':
      return submissions.submitted(id, {}, id, times);
    case 'fail':
    case 'reopen':
      return submissions.rejected(id, 'why', event);
    case 'ambiguous':
      return submissions.ambiguous(id, 'why');
    case 'adopt':
      return submissions.adopt(id, {}, id, times);
    case 'absent':
      return submissions.absent(id, keyHash);
    case 'park':
      return submissions.park(id, 'why');
    case 'succeeded':
      return submissions.succeeded(id, oneOutput);
    case 'billedMore':
      return submissions.succeeded(id, { ...oneOutput, billed: billedMore });
    case 'refunded':
    case 'kept':
      return submissions.failed(id, {
        reason: 'why',
        refunded: event === 'refunded',
        billed: null,
      });
    case 'promised':
      return submissions.failed(id, { reason: 'why', refunded: 'promised', billed: null });
    case 'moneyBack':
      return submissions.settleRefund(id, 'back');
    case 'notYet':
      return submissions.settleRefund(id, 'notYet');
    case 'stalled':
      return submissions.stalled(id, 'why');
    case 'save':
      return submissions.saveOutput(id, 0, file('aa'));
    case 'lose':
      return submissions.loseOutput(id, 0, 'why');
    case 'fetchAgain':
      return submissions.fetchAgain(id, 0, { sha256: 'aa', why: 'why' });
    case 'found':
      return submissions.foundOutput(id, 0, 'aa');
    case 'recover':
      return submissions.recoverOutput(id, 0, file('bb'));
    case 'late':
    case 'lateAgain':
      return submissions.lateJob(id, {}, id);
    case 'takeUp':
      return submissions.resolve(id, { kind: 'job', job: {}, jobId: id, ...times });
    case 'again':
      return submissions.resolve(id, { kind: 'again', batch: batches[batch] ?? 'fox' });
    case 'skip':
      return submissions.resolve(id, { kind: 'skip' });
  }
}

async function allSubmissions(ledger: Ledger): Promise<readonly SubmissionRow[]> {
  const rows = await Promise.all(
    batches.map((batch) => everything(ledger.reports.submissions(batch))),
  );
  return rows.flat();
}

async function checkInvariants(ledger: Ledger, granted: number): Promise<void> {
  const byId = new Map((await allSubmissions(ledger)).map((row) => [row.submission, row]));
  // Whatever is counted together: each request that was granted is in exactly one row.
  expect([...byId.values()].reduce((sum, { refusals }) => sum + refusals, 0)).toBe(granted);
  for (const { refusals, spent, reserved, jobId } of byId.values())
    if (refusals > 1 && jobId === null) expect([spent, reserved]).toEqual([0, 0]);
  const live = new Map<string, string>();
  let used = 0;
  for (const batch of batches) {
    const money = (await ledger.reports.status(batch))?.accounts[0];
    const paid = await everything(ledger.reports.submissions(batch));
    const known = paid.filter(({ state }) => exclusive.includes(state) && state !== 'succeeded');
    expect((money?.reserved ?? 0) + (money?.ambiguous ?? 0)).toBe(sumOf(known, 'reserved'));
    for (const { reserved } of known) expect([price, billedMore]).toContain(reserved);
    const owed = paid.filter(({ refund }) => refund === 'owed');
    expect(money?.promised ?? 0).toBe(sumOf(owed, 'spent'));
    for (const { spent } of owed) expect([price, billedMore]).toContain(spent);
    expect(money?.spent ?? 0).toBeGreaterThanOrEqual(money?.promised ?? 0);
    const unproven = paid.filter(
      ({ resolution, duplicate }) => !duplicate && resolution !== null && resolution !== 'job',
    );
    expect(money?.unproven ?? 0).toBe(sumOf(unproven, 'spent'));
    for (const { spent } of unproven) expect([price, billedMore]).toContain(spent);
    used += (money?.reserved ?? 0) + (money?.ambiguous ?? 0) + (money?.spent ?? 0);
    for (const shot of await everything(ledger.reports.shots(batch))) {
      const submission = byId.get(shot.submission ?? '');
      if (shot.state === 'open') expect(shot.submission).toBeNull();
      if (shot.state === 'bound') expect(exclusive).toContain(submission?.state);
      if (shot.state === 'parked') expect(['parked', 'stalled']).toContain(submission?.state);
      if (shot.state === 'done') expect(submission?.state).toBe('succeeded');
      if (!submission || !exclusive.includes(submission.state)) continue;
      expect(live.get(shot.fingerprint) ?? submission.submission).toBe(submission.submission);
      live.set(shot.fingerprint, submission.submission);
    }
  }
  const [total] = await ledger.reports.accounts();
  expect((total?.reserved ?? 0) + (total?.spent ?? 0)).toBe(used);
}

const sumOf = (rows: readonly SubmissionRow[], part: 'reserved' | 'spent'): number =>
  rows.reduce((sum, row) => sum + row[part], 0);
