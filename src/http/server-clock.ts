/** How far a vendor's clock may be from ours, besides what its answers tell of it. Milliseconds. */
export const clockSlackMs = 60_000;

/** No time zone is further off; what says more is no clock. */
const mostMs = 24 * 60 * 60_000;

const aheadByOrigin = new Map<string, number>();

interface TimeHeaders {
  readonly date?: string | undefined;
  readonly age?: string | undefined;
}

/** Keeps what an answer's `Date` says of its server's clock; one from a cache says nothing. */
export function noteServerTime(origin: string, headers: TimeHeaders, nowMs: number): void {
  const at = timeIn(headers);
  if (at !== undefined) aheadByOrigin.set(origin, Math.min(mostMs, Math.max(-mostMs, at - nowMs)));
}

/** The server's time when it answered so, in epoch milliseconds: by the answer, else by what is known of its clock. */
export function serverTimeMs(origin: string, headers: TimeHeaders, nowMs: number): number {
  return timeIn(headers) ?? nowMs + serverAheadMs(origin);
}

function timeIn({ date, age }: TimeHeaders): number | undefined {
  const at = Date.parse(date ?? '');
  return Number.isNaN(at) || age !== undefined ? undefined : at;
}

/** By how much the server's clock was ahead of ours when it last answered, give or take seconds; 0: unknown. */
export function serverAheadMs(origin: string): number {
  return aheadByOrigin.get(origin) ?? 0;
}
