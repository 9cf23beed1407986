import { describe, expect, it } from 'vitest';
import type { StopReason } from '../../src/ledger/port.ts';
import { StoppedChunks } from '../../src/workflows/stopped-chunks.ts';

const minute = 60_000;
const hour = 60 * minute;
const noFunds: StopReason = { kind: 'block', block: 'noFunds', account: 'a' };
const overBudget: StopReason = { kind: 'budget', scope: 'batch', account: 'a' };
const paused: StopReason = { kind: 'paused' };

interface Answer {
  readonly reason: StopReason;
  readonly endsInMs: number | null;
}

/** Chunks that look again as they are told to, on a clock of their own; answers the times of each one's looks. */
function play(
  count: number,
  lastsMs: number,
  answer: (chunk: number, now: number) => Answer | 'done',
): number[][] {
  const chunks = new StoppedChunks();
  const looks: number[][] = Array.from({ length: count }, () => []);
  const rests = new Map<number, { rest: ReturnType<StoppedChunks['rest']>; at: number }>();
  let now = 0;
  const look = (chunk: number): void => {
    looks[chunk]?.push(now);
    rests.delete(chunk);
    const reported = answer(chunk, now);
    if (reported === 'done') chunks.open();
    else {
      const rest = chunks.rest(chunk, reported, now);
      rests.set(chunk, { rest, at: now + (rest.ms ?? Infinity) });
    }
  };
  for (let chunk = 0; chunk < count; chunk++) look(chunk);
  while (now <= lastsMs) {
    const called = [...rests].filter(([, { rest, at }]) => rest.isCalled || at <= now);
    for (const [chunk] of called) look(chunk);
    if (called.length === 0) now = Math.min(...[...rests.values()].map(({ at }) => at));
  }
  return looks;
}

/** An account without funds until minute 10; the block is looked at again each 15 minutes. */
const blocked = (now: number): Answer => ({
  reason: noFunds,
  endsInMs: 15 * minute - (now % (15 * minute)),
});

describe('stopped chunks', () => {
  it('go on when the block is over although the one that probed is stopped by its own price then', () => {
    const looks = play(2, 2 * hour, (chunk, now) => {
      if (now < 10 * minute) return blocked(now);
      return chunk === 0 ? { reason: overBudget, endsInMs: null } : 'done';
    });
    expect(looks[1]).toEqual([0, 15 * minute]);
  });

  it('go on when a block of the account is over that the one which probed has for its model, too', () => {
    const looks = play(2, 2 * hour, (chunk, now) =>
      now < 10 * minute || chunk === 0 ? blocked(now) : 'done',
    );
    expect(looks[1]).toEqual([0, 15 * minute]);
  });

  it('each look at least once an hour where one may be stopped and another not', () => {
    for (const endsInMs of [null, 15 * minute]) {
      const reason = endsInMs === null ? overBudget : noFunds;
      const looks = play(200, 48 * hour, () => ({ reason, endsInMs }));
      for (const times of looks)
        for (const [index, at] of times.entries())
          expect(at - (times[index - 1] ?? 0)).toBeLessThanOrEqual(hour);
      expect(looks.flat().length).toBeLessThan(200 * 48 * 2);
    }
  });

  it('leave it to one of them to look at a pause, which stops all alike', () => {
    const looks = play(200, 48 * hour, () => ({ reason: paused, endsInMs: null }));
    expect(looks.flat().length).toBeLessThan(200 + 60);
  });

  it('take the place of the one that probed one after the other, each at once', () => {
    const looks = play(200, 30 * minute, (_, now) =>
      now < 10 * minute ? blocked(now) : { reason: overBudget, endsInMs: null },
    );
    for (const times of looks.slice(1)) expect(times.slice(0, 2)).toEqual([0, 15 * minute]);
  });
});
