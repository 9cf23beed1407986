import { describe, expect, it } from 'vitest';
import { timeoutsOf, usualTimeouts } from '../../src/providers/timeouts.ts';

describe('the timeouts of an account', () => {
  it('are its own, and else those of its vendor', () => {
    const own = timeoutsOf(usualTimeouts, { postMs: 90_000, pollMs: undefined });
    expect(own).toEqual({ ...usualTimeouts, postMs: 90_000 });
  });

  it('let a list lag for no longer than an answer may take, unless they say so', () => {
    expect(timeoutsOf(usualTimeouts, { postMs: 2_000 }).listLagMs).toBe(2_000);
    expect(timeoutsOf(usualTimeouts, { postMs: 2_000, listLagMs: 4_000 }).listLagMs).toBe(4_000);
  });
});
