import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchOutputs, namedOutputs } from '../../../src/activities/outputs/match-outputs.ts';
import type { JobOutput } from '../../../src/providers/port.ts';

const origin = 'https://api.test';
const output = (remote: string | null, url: string | null): JobOutput => ({
  remote,
  url,
  expiresAt: null,
});
const byId = (...ids: string[]) => ids.map((id) => output(id, `https://files.test/${id}?sig=1`));
const byPath = (...paths: string[]) =>
  paths.map((path) => output(null, `https://files.test/${path}?sig=${Math.random()}`));

/** How a vendor tells its files apart, and how it names the file with a number once more. */
const vendors: Readonly<Record<string, (file: number, signature: number) => JobOutput>> = {
  ids: (file, signature) => output(`id-${file}`, `https://files.test/${signature}`),
  'ids alone': (file) => output(`id-${file}`, null),
  paths: (file, signature) => output(null, `https://files.test/${file}.png?sig=${signature}`),
  queries: (file, signature) => output(null, `https://files.test/get?id=${file}&sig=${signature}`),
  'a mixture': (file, signature) =>
    file % 2 === 0
      ? output(`id-${file}`, `https://files.test/${signature}`)
      : output(null, `https://files.test/${file}.png?sig=${signature}`),
};

describe.each(Object.entries(vendors))('files that are told apart by %s', (_, name) => {
  it('are never taken for one another, in whatever order and number they come', () => {
    const files = fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 8 });
    const again = fc.record({
      kept: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
      more: fc.uniqueArray(fc.integer({ min: 100, max: 120 }), { maxLength: 4 }),
      repeated: fc.array(fc.nat(7), { maxLength: 3 }),
      nulls: fc.nat(3),
      order: fc.array(fc.nat(1_000), { minLength: 20, maxLength: 20 }),
    });
    fc.assert(
      fc.property(files, again, (first, { kept, more, repeated, nulls, order }) => {
        const known = first.map((file) => name(file, 1));
        const still = first.filter((_file, index) => kept[index]);
        const doubles = repeated.flatMap((index) => still[index] ?? []);
        let signature = 1;
        const named = [
          ...[...still, ...more, ...doubles].map((file) => ({
            file,
            output: name(file, ++signature),
          })),
          ...Array.from({ length: nulls }, () => ({ file: -1, output: output(null, null) })),
        ].toSorted((a, b) => (order[a.file % 20] ?? 0) - (order[b.file % 20] ?? 0));
        const matched = matchOutputs(
          known,
          named.map((each) => each.output),
        );
        const got = matched.map((each) => named.find((one) => one.output === each)?.file);
        for (const [index, file] of first.entries())
          if (still.includes(file)) expect(got[index]).toBe(file);
          else expect(still).not.toContain(got[index]);
        const real = got.filter((file) => file !== undefined && file >= 0);
        expect(new Set(real).size).toBe(real.length);
      }),
      { numRuns: 500 },
    );
  });
});

describe('files that nothing tells apart', () => {
  it('are taken in the order in which they come', () => {
    const named = byPath('x', 'y');
    expect(matchOutputs(byPath('a', 'b'), named)).toEqual(named);
    expect(matchOutputs(byPath('a', 'b', 'c'), named)).toEqual([...named, undefined]);
  });

  it('keep their places where an entry says nothing, unless there are enough that say something', () => {
    const empty = output(null, null);
    const [x, y] = byPath('x', 'y') as [JobOutput, JobOutput];
    expect(matchOutputs(byPath('a', 'b'), [empty, x])).toEqual([empty, x]);
    expect(matchOutputs(byPath('a', 'b'), [empty, x, y])).toEqual([x, y]);
  });
});

describe('matchOutputs', () => {
  it('takes an id before an address, and an address before the order', () => {
    const known = [...byId('a'), ...byPath('b', 'c')];
    const [b] = byPath('b') as [JobOutput];
    const [a] = byId('a') as [JobOutput];
    const [other] = byPath('other') as [JobOutput];
    expect(matchOutputs(known, [other, b, a])).toEqual([a, b, other]);
  });

  it('never takes what is known as another output', () => {
    const [a] = byId('a') as [JobOutput];
    expect(matchOutputs(byId('a', 'b'), [a, a])).toEqual([a, undefined]);
  });

  it('takes two files with ids of their own for two, also where they share an address', () => {
    const [one, two] = ['one', 'two'].map((id) => output(id, 'https://files.test/get')) as [
      JobOutput,
      JobOutput,
    ];
    expect(matchOutputs([one, two], [two, one])).toEqual([one, two]);
    expect(namedOutputs([one, two], origin)).toEqual([one, two]);
  });
});

describe('namedOutputs', () => {
  it('keeps one of those that are named twice, and every text', () => {
    const [a, b] = byId('a', 'b') as [JobOutput, JobOutput];
    const [c] = byPath('c') as [JobOutput];
    const text = output(null, 'data:text/plain,same');
    expect(namedOutputs([a, a, b, c, c, text, text], origin)).toEqual([a, b, c, text, text]);
  });

  it('keeps entries that say nothing: something may be said of them later', () => {
    const empty = output(null, null);
    expect(namedOutputs([empty, empty], origin)).toHaveLength(2);
  });

  it.each([
    ['/files/a.png?sig=1', 'https://api.test/files/a.png?sig=1'],
    ['//cdn.test/a.png', 'https://cdn.test/a.png'],
    ['https://cdn.test/a b.png', 'https://cdn.test/a b.png'],
    ['nonsense', 'nonsense'],
    ['data:text/plain,/x', 'data:text/plain,/x'],
  ])('writes a link so that it holds anywhere: %s', (link, expected) => {
    expect(namedOutputs([output(null, link)], origin)).toMatchObject([{ url: expected }]);
  });
});
