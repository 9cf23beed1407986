import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../src/ledger/port.ts';
import { openDesk } from './desk.ts';
import { type Desk, leaveBatch } from './paid-batch.ts';

async function saveBoth({ submissions, batches }: Ledger, id: string): Promise<void> {
  const facts = { bytes: 1, mime: 'image/png', width: 1, height: 1 };
  for (const index of [0, 1])
    await submissions.saveOutput(id, index, { sha256: String(index).repeat(64), ...facts });
  await batches.finishRun('pots', 1, 'incomplete');
}

describe('a shot with fewer files than were ordered', () => {
  let desk: Desk;
  beforeEach(async () => {
    desk = await openDesk();
    await leaveBatch(desk, saveBoth, { ordered: 3, named: 2 });
  });
  afterEach(() => desk.close());

  it('is told, and ends with code 3', async () => {
    const { stdout, code } = await desk.run(['status', 'pots']);
    expect(stdout).toContain('0 of 1 shots have their files (1 partial)');
    expect(stdout).toContain('partial    1  2 of 3 files: draw/pot');
    expect(code).toBe(3);
  });

  it('is counted beside the six counts, which still add up', async () => {
    const status = await desk.json<{ shots: Record<string, number>; partial: number }>([
      'status',
      'pots',
    ]);
    const { total, ...six } = status.shots;
    expect(status).toMatchObject({ partial: 1, outputs: 2, shots: { succeeded: 1 } });
    expect(Object.keys(six)).toHaveLength(6);
    expect(Object.values(six).reduce((sum, count) => sum + count, 0)).toBe(total);
  });

  it('stands on the receipt with what was paid', async () => {
    expect(await desk.json(['receipt', 'pots'])).toMatchObject({
      submissions: [{ state: 'succeeded', files: { saved: 2, open: 0, undelivered: 1 } }],
    });
    expect((await desk.run(['receipt', 'pots'])).stdout).toMatch(
      /draw\/pot +2 of 3 files came; paid: 30 credits +\w+/,
    );
  });

  it('is not paid for again', async () => {
    expect(await desk.json(['plan', 'pots.yaml'])).toMatchObject({ shots: { cached: 1, new: 0 } });
  });
});
