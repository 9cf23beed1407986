/** How far a vendor's clock may be from ours, besides what its answers tell of it. Milliseconds. */
export const clockSlackMs = 60_000;

/** No time zone is further off; what says more is no clock. */
const mostMs = 24 * 60 * 60_000;

const aheadByOrigin = new Map<string, number>();

/** Keeps what an answer's `Date` says of its server's clock; one from a cache says nothing. */
export function noteServerTime(
  origin: string,
  headers: Readonly<Record<string, string>>,
  nowMs: number,
): void {
  const at = Date.parse(headers['date'] ?? '');
  if (Number.isNaN(at) || headers['age'] !== undefined) return;
  aheadByOrigin.set(origin, Math.min(mostMs, Math.max(-mostMs, at - nowMs)));
}

/** By how much the server's clock was ahead of ours when it last answered, give or take seconds; 0: unknown. */
export function serverAheadMs(origin: string): number {
  return aheadByOrigin.get(origin) ?? 0;
}
