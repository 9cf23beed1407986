import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takeSlot, type SlotKind, type Slots } from '../../../src/ledger/rules/slots.ts';

const fresh: Slots = { tat: 0, last: null, waitUntil: { claim: 0, call: 0 } };

/** Askers who take what they get and come again when told, each a little late. */
function run(
  askers: readonly { kind: SlotKind; lateMs: number; restMs: number }[],
  perMinute: number,
  forMs: number,
): { kind: SlotKind; at: number }[] {
  let slots = fresh;
  const taken: { kind: SlotKind; at: number }[] = [];
  const next = askers.map(({ kind, lateMs, restMs }) => ({ kind, lateMs, restMs, at: 0 }));
  for (;;) {
    next.sort((a, b) => a.at - b.at);
    const [asker] = next;
    if (!asker || asker.at > forMs) return taken;
    const answer = takeSlot(slots, asker.kind, perMinute, asker.at);
    ({ slots } = answer);
    if (answer.waitMs === 0) taken.push({ kind: asker.kind, at: asker.at });
    asker.at += (answer.waitMs === 0 ? asker.restMs : answer.waitMs) + asker.lateMs;
  }
}

const asker = (kind: SlotKind) =>
  fc.record({
    kind: fc.constant(kind),
    lateMs: fc.integer({ min: 1, max: 60 }),
    restMs: fc.nat(50),
  });

describe('a rate that counts every request', () => {
  it('lets no minute see more than its requests, whoever sends them and however late they arrive', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(asker('claim'), asker('call')), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 20 }),
        (askers, perMinute, delays) => {
          const arrivals = run(askers, perMinute, 180_000)
            .map(({ at }, index) => at + (delays[index % delays.length] ?? 0))
            .toSorted((a, b) => a - b);
          for (const [index, at] of arrivals.entries())
            expect((arrivals[index + perMinute] ?? Infinity) - at).toBeGreaterThanOrEqual(60_000);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('starves neither claims nor calls, however many of the others ask', () => {
    fc.assert(
      fc.property(
        fc.array(asker('claim'), { minLength: 1, maxLength: 20 }),
        fc.array(asker('call'), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 4, max: 59 }),
        (claims, calls, perMinute) => {
          const taken = run([...claims, ...calls], perMinute, 300_000);
          const share = taken.filter(({ kind }) => kind === 'claim').length / taken.length;
          expect(share).toBeGreaterThan(0.4);
          expect(share).toBeLessThan(0.6);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('keeps nothing free for who does not ask', () => {
    const alone = run([{ kind: 'call', lateMs: 1, restMs: 0 }], 10, 300_000);
    expect(alone.length).toBeGreaterThanOrEqual(50);
  });
});
