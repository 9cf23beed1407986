/** The clock for everything that takes time, so that a test can move it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A time as RFC 3339. */
export function iso(at: number): string {
  return new Date(at).toISOString();
}
