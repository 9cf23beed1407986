import { intervalMsOf, takeRateSlot } from './gcra.ts';

/** The use of a rate slot: the paid request of a claim, or a free call, where the vendor counts those too. */
export type SlotKind = 'claim' | 'call';

/** The rate state of an account, and the callers that wait for its next slot. */
export interface Slots {
  readonly tat: number;
  /** The kind of the last slot. */
  readonly last: SlotKind | null;
  /** Until when a waiting claim, or a waiting call, is expected back. */
  readonly waitUntil: Readonly<Record<SlotKind, number>>;
}

/** How late a waiting caller may come back and keep its turn. */
const graceMs = 1_000;
const yieldMs = 250;

/**
 * Takes the next slot, or gives the time to wait. Where claims and calls both wait they take turns:
 * the kind that had the last slot leaves the next one to the other.
 */
export function takeSlot(
  slots: Slots,
  kind: SlotKind,
  perMinute: number | null,
  now: number,
): { readonly slots: Slots; readonly waitMs: number } {
  const { tat, waitMs } = takeRateSlot(slots.tat, perMinute, now);
  // No wait ends further ahead, unless the clock was set back.
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

/** The longest wait, lateness included. */
function latestMs(perMinute: number): number {
  const intervalMs = intervalMsOf(perMinute);
  return Math.ceil(Math.max(intervalMs, yieldMs) + Math.min(graceMs, intervalMs));
}
