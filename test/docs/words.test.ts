import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './support.ts';

/** Words that a standard term has replaced, and that term. */
const retired: readonly (readonly [word: RegExp, term: string])[] = [
  [/sweep/i, 'planning pass'],
  [/adrift|laneless|unwaited|neglected/i, 'orphaned'],
  [/witness/i, 'known job'],
  [/\brivals?\b/i, 'competing submission'],
  [/\bsurplus\b/i, 'duplicate job'],
  [/\bspare\b|Spare/, 'standby job'],
  [/\bfence\b/i, 'send deadline'],
  [/\bhold(Reason|Account|For)\b|\baccounts? (is|was|are|were) held\b/i, 'block'],
  [/\bunclear\b/i, 'ambiguous'],
  [/pulse/i, 'throttle'],
  [/trouble/i, 'failure, or problem'],
  [/(?<!circuit )\bbreaker\b/i, 'circuit breaker'],
  [/\bdoors?\b/i, 'claim, or gate'],
  [/picture/i, 'image'],
  [/(?<!mm )\bfilms?\b/i, 'video'],
  [/\bdrawings?\b/i, 'SVG'],
  [/lettersMax|\bletters? outside ASCII/i, 'character'],
  [/\bask(s|ed|ing)? after\b/i, 'poll, or check'],
  [/\banew\b/i, 'again'],
  [/\bmend(s|ed|ing)?\b/i, 'fix'],
  [/npm run house|rules of the house/i, 'vendor-cost, code rules'],
  [/\bgallery\b/i, 'contact sheet'],
  [/broken-?off/i, 'workflow failure'],
  [/left-behind|leftBehind/i, 'uncollected'],
  [/kept-?plan|keepPlan/i, 'saved plan'],
  [/ask-?to-?spend/i, 'confirm cost'],
  [/tell-?batch/i, 'notify workflow'],
];

/** Names of the past by their nature: recorded histories, migrations, this list. */
const exempt =
  /^(test\/replay\/histories\/|src\/ledger\/sqlite\/schema\.ts$|test\/ledger\/sqlite\/schema\.test\.ts$|test\/docs\/words\.test\.ts$)|\.(png|jpe?g|webp|mp4|webm|bin)$/;

const files = ['src', 'test', 'docs', 'bench', '.'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: folder !== '.', withFileTypes: true })
    .filter((entry) => entry.isFile() && (folder !== '.' || entry.name.endsWith('.md')))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((file) => !exempt.test(file)),
);

describe('one term a thing', () => {
  const lines = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .map((text, index) => ({ place: `${file}:${index + 1}`, text })),
  );

  it.each(retired)('nothing says %s', (word, term) => {
    const found = lines.filter(({ text }) => word.test(text));
    expect(
      found.map(({ place, text }) => `${place}: ${text.trim()}`),
      `say ${term}`,
    ).toEqual([]);
  });

  it('no file is named by a retired word', () => {
    const named = files.filter((file) => retired.some(([word]) => word.test(file)));
    expect(named).toEqual([]);
  });
});
