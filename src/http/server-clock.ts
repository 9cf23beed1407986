/** Tolerance in milliseconds between a vendor's clock and ours, beyond the offset in its answers. */
export const clockSlackMs = 60_000;

/** Maximum clock offset. No time zone is further off, so larger offsets are cut to 24 h. */
const mostMs = 24 * 60 * 60_000;

const aheadByOrigin = new Map<string, number>();

interface TimeHeaders {
  readonly date?: string | undefined;
  readonly age?: string | undefined;
}

/** Stores the clock offset of a server from an answer's `Date`. Answers from a cache are ignored. */
export function noteServerTime(origin: string, headers: TimeHeaders, nowMs: number): void {
  const at = timeIn(headers);
  if (at !== undefined) aheadByOrigin.set(origin, Math.min(mostMs, Math.max(-mostMs, at - nowMs)));
}

/** The server's time of an answer in epoch milliseconds: from its `Date`, else from the known offset. */
export function serverTimeMs(origin: string, headers: TimeHeaders, nowMs: number): number {
  return timeIn(headers) ?? nowMs + serverAheadMs(origin);
}

function timeIn({ date, age }: TimeHeaders): number | undefined {
  const at = Date.parse(date ?? '');
  return Number.isNaN(at) || age !== undefined ? undefined : at;
}

/** How far the server's clock was ahead of ours at its last answer, within seconds; 0: unknown. */
export function serverAheadMs(origin: string): number {
  return aheadByOrigin.get(origin) ?? 0;
}
