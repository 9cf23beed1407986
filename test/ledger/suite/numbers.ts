import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger, Range } from '../../../src/ledger/port.ts';
import {
  account,
  accountSettings,
  claimOne,
  everything,
  plannedShots,
  startBatch,
  times,
} from '../fixture.ts';
import type { Open, OpenLedger } from '../suite.ts';

/** Numbers that no edge has made whole. */
export function numberSuite(open: Open): void {
  const start = Date.UTC(2026, 0, 1);
  let opened: OpenLedger;
  let ledger: Ledger;
  let fox: Range;
  beforeEach(async () => {
    opened = await open({ now: () => start });
    ledger = opened.ledger;
    await ledger.batches.putAccounts([accountSettings()]);
    fox = await startBatch(ledger, 'fox', plannedShots(2));
  });
  afterEach(async () => opened.close());

  it('rounds a fraction, so that no row is refused for one', async () => {
    const { submissions } = ledger;
    const id = await claimOne(ledger, fox);
    await submissions.submitted(id, {}, 'job', { nextPollInMs: 0.5, giveUpInMs: 60_000.25 });
    await submissions.pollAgain(id, 1.75);
    const outputs = [
      { remote: null, url: 'https://files.example.test/a', expiresAt: start + 0.25 },
    ];
    await submissions.succeeded(id, { outputs, billed: 999.5 });
    await submissions.renewOutput(id, 0, null, start + 5.75);
    await submissions.block(account, null, 'limited', start + 2_000.5);
    const { downloads } = await submissions.due(fox, { leaseMs: 0.5, limit: 9, settleMs: 0.5 });
    expect(downloads).toMatchObject([{ expiresAt: start + 6 }]);
    expect((await ledger.reports.status('fox'))?.blocks[0]?.until).toBe(start + 2_001);
    const [row] = await everything(ledger.reports.submissions('fox'));
    expect(row).toMatchObject({ state: 'succeeded', billed: 1_000 });
  });

  describe.each([NaN, Infinity, 1e300, Number.MAX_SAFE_INTEGER + 1])('%d', (number) => {
    it('is refused by name, and nothing else of that moment is', async () => {
      const block = (until: number) =>
        ledger.submissions
          .block(account, 'quick', 'limited', until)
          .catch((error: unknown) => error);
      const answers = await Promise.all([block(start + 1), block(number), block(start + 3)]);
      expect(answers).toEqual([undefined, expect.any(RangeError), undefined]);
      expect(String(answers[1])).toContain(`and ${number} is none`);
      expect((await ledger.reports.status('fox'))?.blocks).toMatchObject([{ until: start + 3 }]);
    });

    it('leaves a request as it was', async () => {
      const id = await claimOne(ledger, fox);
      const job = ledger.submissions.submitted(id, {}, 'job', { ...times, giveUpInMs: number });
      await expect(job).rejects.toThrow(RangeError);
      const [row] = await everything(ledger.reports.submissions('fox'));
      expect(row).toMatchObject({ state: 'claimed', jobId: null });
    });
  });
}
