import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PollTimes, togetherMs } from '../../../src/activities/throttle/poll-times.ts';

const timeouts = { pollFirstMs: 1_000, pollMs: 10_000 };
const paid = { perMinute: 60, counts: 'paid' } as const;

/** When a job is asked for, until it has ended. */
function pollsOf(times: PollTimes, durationMs: number): number[] {
  const polls: number[] = [];
  for (let elapsedMs = 0; elapsedMs < durationMs;) {
    elapsedMs += times.delayMs('quick', { elapsedMs, polls: polls.length }, timeouts);
    polls.push(elapsedMs);
  }
  return polls;
}

describe('when a job is asked for', () => {
  it('doubles up to the vendor’s advice while little is known', () => {
    const times = new PollTimes(paid);
    for (let job = 0; job < 19; job++) times.ended('quick', 5_000);
    expect(pollsOf(times, 40_000)).toEqual([1_000, 3_000, 7_000, 15_000, 25_000, 35_000, 45_000]);
  });

  it('begins near the 10th percentile once twenty jobs have ended, and then backs off', () => {
    const times = new PollTimes(paid);
    for (let job = 0; job < 20; job++) times.ended('quick', 5_000 + 100 * job);
    expect(pollsOf(times, 12_000)).toEqual([4_680, 5_680, 6_680, 8_680, 12_680]);
    expect(pollsOf(new PollTimes(paid), 3_000)).toEqual([1_000, 3_000]);
  });

  it('follows a model that becomes faster', () => {
    const times = new PollTimes(paid);
    for (let job = 0; job < 20; job++) times.ended('quick', 9_000);
    for (let job = 0; job < 400; job++) times.ended('quick', pollsOf(times, 2_000).at(-1) ?? 0);
    expect(pollsOf(times, 2_000)[0]).toBeLessThan(3_000);
  });

  it('never waits longer than the vendor advises, nor asks at once, whatever was learned', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3_600_000 }), { maxLength: 300 }),
        fc.nat(7_200_000),
        fc.nat(1_000),
        (durations, elapsedMs, polls) => {
          const times = new PollTimes(paid);
          for (const duration of durations) times.ended('quick', duration);
          const delay = times.delayMs('quick', { elapsedMs, polls }, timeouts);
          expect(delay).toBeGreaterThan(0);
          expect(delay).toBeLessThanOrEqual(timeouts.pollMs);
          if (durations.length < 20) return;
          // Beside a fine step around the percentile, few polls find the job unfinished.
          const [, early = 0] = durations.slice(-200).toSorted((a, b) => a - b);
          expect(pollsOf(times, early).length).toBeLessThanOrEqual(Math.ceil(early / 10_000) + 5);
        },
      ),
    );
  });

  it('comes together for many jobs without being much sooner or later', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 60_000 }), fc.nat(1e9), (delay, now) => {
        const together = togetherMs(delay, timeouts.pollMs, now);
        expect(together).toBeGreaterThanOrEqual(delay / 2);
        expect(together).toBeLessThanOrEqual(delay * 1.5);
        expect(Math.round(((now + together) / timeouts.pollMs) * 16) % 1).toBe(0);
      }),
    );
    const at = (now: number): number => now + togetherMs(10_000, 10_000, now);
    expect(new Set([20_100, 21_000, 22_000, 24_000].map(at))).toEqual(new Set([30_000]));
  });

  it('spreads polls over half of a rate that counts them', () => {
    const times = new PollTimes({ perMinute: 10, counts: 'all' });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.nat(60_000), (live, elapsedMs) => {
        times.live = live;
        const delay = times.delayMs('quick', { elapsedMs, polls: 0 }, timeouts);
        expect((live * 60_000) / delay).toBeLessThanOrEqual(5);
      }),
    );
  });
});
