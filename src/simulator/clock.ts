/** Everything that takes time asks this clock, so that a test can move it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

export function iso(at: number): string {
  return new Date(at).toISOString();
}
