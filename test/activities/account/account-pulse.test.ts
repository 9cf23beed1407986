import { describe, expect, it } from 'vitest';
import { AccountPulse } from '../../../src/activities/account/account-pulse.ts';

const open = () => new AccountPulse({ perMinute: undefined, counts: 'paid' });

describe('the pulse of an account', () => {
  it('takes calls that fail together for one outage', () => {
    const pulse = open();
    expect(pulse.unreachable(0)).toBe(5_000);
    for (let call = 0; call < 20; call += 1) expect(pulse.unreachable(100)).toBe(4_900);
  });

  it('holds for twice as long when the probe after a hold fails, up to five minutes', () => {
    const pulse = open();
    let now = 0;
    const holds = Array.from({ length: 9 }, () => {
      const ms = pulse.unreachable(now);
      now += ms;
      return ms / 1_000;
    });
    expect(holds).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
  });

  it('begins anew after an answer', () => {
    const pulse = open();
    pulse.unreachable(0);
    pulse.unreachable(5_000);
    pulse.answered(100);
    expect(pulse.unreachable(6_000)).toBe(5_000);
  });

  it('begins a new outage after a file arrived', () => {
    const pulse = open();
    pulse.unreachable(0);
    pulse.unreachable(5_000);
    pulse.uploaded();
    expect(pulse.unreachable(15_000)).toBe(5_000);
    expect(pulse.unreachable(20_000)).toBe(10_000);
  });

  it('doubts a vendor after the third unclear answer in a row', () => {
    const pulse = open();
    expect([1, 2, 3, 4].map(() => pulse.ambiguous(0))).toEqual([
      undefined,
      undefined,
      5_000,
      5_000,
    ]);
    pulse.answered(100);
    expect(pulse.ambiguous(0)).toBeUndefined();
  });

  it.each([undefined, 6_000])(
    'sends one probe at a time to a doubtful vendor until an answer comes, at %s a minute',
    (perMinute) => {
      const pulse = new AccountPulse({ perMinute, counts: 'paid' });
      expect(pulse.window).toBe(4);
      for (let call = 0; call < 40; call++) pulse.answered(1_000);
      expect(pulse.window).toBe(32);
      for (let call = 0; call < 3; call++) pulse.ambiguous(0);
      expect(pulse.window).toBe(1);
      pulse.limited(10_000);
      expect(pulse.window).toBe(1);
      pulse.answered(1_000);
      expect(pulse.window).toBe(4);
      pulse.answered(1_000);
      expect(pulse.window).toBe(5);
    },
  );

  it('has no more requests on their way than the rate needs', () => {
    const pulse = new AccountPulse({ perMinute: 400, counts: 'paid' });
    for (let call = 0; call < 40; call++) pulse.answered(1_000);
    expect(pulse.window).toBe(10);
  });

  it('holds no longer than its most when the clock is set back', () => {
    const pulse = open();
    pulse.limited(3_600_000);
    expect(pulse.limited(0)).toBeLessThanOrEqual(60_000);
  });
});
