import { intervalMsOf, takeRateSlot } from './gcra.ts';

/** What a rate slot is for: a claim's paid request, or a free call, where the vendor counts those too. */
export type SlotKind = 'claim' | 'call';

/** An account's bucket, and who waits for its next slot. */
export interface Slots {
  readonly tat: number;
  /** Who had the last slot. */
  readonly last: SlotKind | null;
  /** Until when a claim, or a call, that was told to wait may be expected back. */
  readonly waitUntil: Readonly<Record<SlotKind, number>>;
}

/** How late one that was told to wait may come back and still be waited for. */
const graceMs = 1_000;
const yieldMs = 250;

/**
 * Takes the next slot, or tells how long to wait. Where claims and calls both wait they take turns, so
 * that neither starves: who had the last slot leaves the next one to the other.
 */
export function takeSlot(
  slots: Slots,
  kind: SlotKind,
  perMinute: number | null,
  now: number,
): { readonly slots: Slots; readonly waitMs: number } {
  const { tat, waitMs } = takeRateSlot(slots.tat, perMinute, now);
  // Further ahead it was never set: the clock has been set back.
  const isExpected = (at: number): boolean =>
    perMinute !== null && at > now && at <= now + latestMs(perMinute);
  const other: SlotKind = kind === 'claim' ? 'call' : 'claim';
  const isLast = takeRateSlot(tat, perMinute, now).waitMs > 0;
  const mustYield = slots.last === kind && isLast && isExpected(slots.waitUntil[other]);
  const restMs = waitMs > 0 ? waitMs : mustYield ? yieldMs : 0;
  if (perMinute === null || restMs === 0) {
    const waitUntil = { ...slots.waitUntil, [kind]: 0 };
    return { slots: { tat, last: kind, waitUntil }, waitMs: 0 };
  }
  const backAt = now + restMs + Math.min(graceMs, intervalMsOf(perMinute));
  const waitUntil = { ...slots.waitUntil, [kind]: backAt };
  return { slots: { ...slots, ...(waitMs > 0 && { tat }), waitUntil }, waitMs: restMs };
}

/** The longest that somebody may be told to wait, and come back late. */
function latestMs(perMinute: number): number {
  const intervalMs = intervalMsOf(perMinute);
  return Math.ceil(Math.max(intervalMs, yieldMs) + Math.min(graceMs, intervalMs));
}
