import { describe, expect, it } from 'vitest';
import { PaidCalls } from '../../src/activities/paid-calls.ts';

describe('paid calls', () => {
  it('are counted from their first byte to their record, whatever came of them', async () => {
    const paid = new PaidCalls();
    const first = Promise.withResolvers<string>();
    const second = Promise.withResolvers<string>();
    const made = paid.during(90_000, () => first.promise);
    const failed = paid.during(1_000, () => second.promise).catch(() => 'failed');
    expect(paid.count).toBe(2);
    expect(paid.longestMs).toBeGreaterThan(80_000);
    let isIdle = false;
    const idle = Promise.all([paid.idle(), paid.idle()]).then(() => (isIdle = true));
    first.resolve('made');
    expect(await made).toBe('made');
    expect([paid.count, isIdle]).toEqual([1, false]);
    second.reject(new Error('no answer'));
    expect(await failed).toBe('failed');
    await idle;
    expect([paid.count, paid.longestMs]).toEqual([0, 0]);
    await paid.idle();
  });
});
