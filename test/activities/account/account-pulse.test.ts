import { describe, expect, it } from 'vitest';
import { AccountPulse } from '../../../src/activities/account/account-pulse.ts';

let now = 0;
const open = (perMinute?: number) => {
  now = 0;
  return new AccountPulse({ perMinute, counts: 'paid' }, () => now);
};

describe('the pulse of an account', () => {
  it('blocks for twice as long each time that references cannot be had, up to five minutes', () => {
    const pulse = open();
    const blocks = Array.from({ length: 9 }, () => {
      const ms = pulse.withoutReferences();
      now += ms;
      return ms / 1_000;
    });
    expect(blocks).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256]);
    expect(pulse.withoutReferences()).toBe(300_000);
  });

  it('takes references that cannot be had together for one outage', () => {
    const pulse = open();
    expect(pulse.withoutReferences()).toBe(1_000);
    now += 100;
    for (let call = 0; call < 20; call += 1) expect(pulse.withoutReferences()).toBe(900);
  });

  it.each([
    ['an answer', (pulse: AccountPulse) => pulse.answered(100)],
    ['a file that arrived', (pulse: AccountPulse) => pulse.uploaded()],
  ])('begins anew after %s', (_, happens) => {
    const pulse = open();
    pulse.withoutReferences();
    now += 5_000;
    pulse.withoutReferences();
    happens(pulse);
    expect(pulse.withoutReferences()).toBe(1_000);
  });

  it('doubts a vendor after the third ambiguous answer in a row', () => {
    const pulse = open();
    expect([1, 2, 3, 4].map(() => pulse.ambiguous())).toEqual([undefined, undefined, 2_000, 2_000]);
    pulse.answered(100);
    expect(pulse.ambiguous()).toBeUndefined();
  });

  it.each([
    ['doubtful', (pulse: AccountPulse) => void [1, 2, 3].map(() => pulse.ambiguous())],
    ['refusing', (pulse: AccountPulse) => pulse.narrow()],
  ])('sends one probe at a time to a %s vendor until an answer comes', (_, happens) => {
    for (const perMinute of [undefined, 6_000]) {
      const pulse = open(perMinute);
      expect(pulse.window).toBe(2);
      for (let call = 0; call < 40; call++) pulse.answered(1_000);
      expect(pulse.window).toBe(32);
      happens(pulse);
      expect(pulse.window).toBe(1);
      pulse.answered(1_000);
      expect(pulse.window).toBe(2);
      pulse.answered(1_000);
      expect(pulse.window).toBe(3);
    }
  });

  it('lets one claim of all ranges have the probe, until its request is over', () => {
    const pulse = open();
    pulse.narrow();
    const first = pulse.beginClaim();
    expect([first.window, pulse.beginClaim().window]).toEqual([1, 0]);
    first.granted(1);
    expect(pulse.beginClaim().window).toBe(0);
    pulse.posted();
    const second = pulse.beginClaim();
    expect(second.window).toBe(1);
    second.granted(0);
    expect(pulse.beginClaim().window).toBe(1);
  });

  it('has no more requests on their way than the rate needs', () => {
    const pulse = open(400);
    for (let call = 0; call < 40; call++) pulse.answered(1_000);
    expect(pulse.window).toBe(10);
  });
});
