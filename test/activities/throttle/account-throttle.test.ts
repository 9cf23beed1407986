import { describe, expect, it } from 'vitest';
import { AccountThrottle } from '../../../src/activities/throttle/account-throttle.ts';

let now = 0;
const open = (perMinute?: number) => {
  now = 0;
  return new AccountThrottle({ perMinute, counts: 'paid' }, () => now);
};

describe('the throttle of an account', () => {
  it('blocks for twice as long each time that references cannot be had, up to five minutes', () => {
    const throttle = open();
    const blocks = Array.from({ length: 9 }, () => {
      const ms = throttle.withoutReferences();
      now += ms;
      return ms / 1_000;
    });
    expect(blocks).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256]);
    expect(throttle.withoutReferences()).toBe(300_000);
  });

  it('takes references that cannot be had together for one outage', () => {
    const throttle = open();
    expect(throttle.withoutReferences()).toBe(1_000);
    now += 100;
    for (let call = 0; call < 20; call += 1) expect(throttle.withoutReferences()).toBe(900);
  });

  it.each([
    ['an answer', (throttle: AccountThrottle) => throttle.answered(100)],
    ['a file that arrived', (throttle: AccountThrottle) => throttle.uploaded()],
  ])('begins again after %s', (_, happens) => {
    const throttle = open();
    throttle.withoutReferences();
    now += 5_000;
    throttle.withoutReferences();
    happens(throttle);
    expect(throttle.withoutReferences()).toBe(1_000);
  });

  it('doubts a vendor after the third ambiguous answer in a row', () => {
    const throttle = open();
    expect([1, 2, 3, 4].map(() => throttle.ambiguous())).toEqual([
      undefined,
      undefined,
      2_000,
      2_000,
    ]);
    throttle.answered(100);
    expect(throttle.ambiguous()).toBeUndefined();
  });

  it.each([
    ['doubtful', (throttle: AccountThrottle) => void [1, 2, 3].map(() => throttle.ambiguous())],
    ['refusing', (throttle: AccountThrottle) => throttle.narrow()],
  ])('sends one probe at a time to a %s vendor until an answer comes', (_, happens) => {
    for (const perMinute of [undefined, 6_000]) {
      const throttle = open(perMinute);
      expect(throttle.window).toBe(2);
      for (let call = 0; call < 40; call++) throttle.answered(1_000);
      expect(throttle.window).toBe(32);
      happens(throttle);
      expect(throttle.window).toBe(1);
      throttle.answered(1_000);
      expect(throttle.window).toBe(2);
      throttle.answered(1_000);
      expect(throttle.window).toBe(3);
    }
  });

  it('lets one claim of all ranges have the probe, until its request is over', () => {
    const throttle = open();
    throttle.narrow();
    const first = throttle.beginClaim();
    expect([first.window, throttle.beginClaim().window]).toEqual([1, 0]);
    first.granted(1);
    expect(throttle.beginClaim().window).toBe(0);
    throttle.posted();
    const second = throttle.beginClaim();
    expect(second.window).toBe(1);
    second.granted(0);
    expect(throttle.beginClaim().window).toBe(1);
  });

  it('has no more requests on their way than the rate needs', () => {
    const throttle = open(400);
    for (let call = 0; call < 40; call++) throttle.answered(1_000);
    expect(throttle.window).toBe(10);
  });
});
