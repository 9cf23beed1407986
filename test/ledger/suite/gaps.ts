import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Open, OpenLedger } from '../suite.ts';

export function gapSuite(open: Open): void {
  let opened: OpenLedger;
  let now: number;
  beforeEach(async () => {
    now = 10_000;
    opened = await open({ now: () => now });
  });
  afterEach(async () => opened.close());

  it('are listed until they are closed, oldest first, over a restart', async () => {
    const { gaps } = opened.ledger;
    const late = await gaps.add({ from: 5_000, to: 6_000, why: 'a copy' });
    const early = await gaps.add({ from: 1_000, to: 2_000, why: 'a restore' });
    expect(early).toEqual({
      ...{ id: early.id, from: 1_000, to: 2_000, why: 'a restore' },
      ...{ foundAt: now, closedAt: null },
    });
    expect(await gaps.list()).toEqual([early, late]);
    now = 11_000;
    expect(await gaps.close(early.id)).toBe(true);
    expect(await gaps.close(early.id)).toBe(false);
    const again = await opened.reopen();
    expect(await again.gaps.list()).toEqual([late]);
    expect(await again.gaps.list({ closed: true })).toEqual([{ ...early, closedAt: now }, late]);
  });

  it('of one reason that touch are one', async () => {
    const { gaps } = opened.ledger;
    const { id } = await gaps.add({ from: 1_000, to: 3_000, why: 'a copy' });
    await gaps.add({ from: 2_000, to: 4_000, why: 'a copy' });
    await gaps.add({ from: 3_000, to: 3_500, why: 'a restore' });
    expect(await gaps.list()).toMatchObject([
      { id, from: 1_000, to: 4_000, why: 'a copy' },
      { from: 3_000, to: 3_500, why: 'a restore' },
    ]);
  });
}
