import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { writeResults } from '../../src/report/results.ts';
import { openStudio, type Studio } from '../activities/studio.ts';

let studio: Studio;
afterEach(async () => studio.close());

const batch = `batch: zoo
steps:
  draw:
    rows: [{ what: fox }, { what: fox--1 }, { what: fox--2 }]
    model: photogpt:nanobanana
    prompt: a {{ what }}
    name: '{{ what }}'
  again:
    from: draw
    model: photogpt:nanobanana
    prompt: once more
    references: '{{ source }}'
`;

describe('a file beyond those that were ordered', () => {
  it('has a name of its own, in its folder and in the step that reads it', async () => {
    studio = await openStudio({ faults: [{ kind: 'more-files', nth: 1 }] });
    const input = await studio.startRun(batch);
    await studio.runStep(input, 'draw');
    await studio.runStep(input, 'again');
    const { ledger, blobs, deps, home } = studio;
    const results = await writeResults({
      ...{ reports: ledger.reports, submissions: ledger.submissions, blobs },
      ...{ recovery: deps.recovery, outRoot: join(home, 'out'), batch: 'zoo' },
      ...{ now: Date.now, warn: () => undefined, isServed: () => true },
    });
    expect(results.kept).toEqual([]);
    const namesIn = (step: string): string[] =>
      readdirSync(join(home, 'out', 'zoo', step)).filter((name) => !name.endsWith('.json'));
    expect(namesIn('draw').toSorted()).toEqual([
      'fox+2.jpg',
      'fox--1.jpg',
      'fox--2.jpg',
      'fox.jpg',
    ]);
    expect(namesIn('again').toSorted()).toEqual([
      'fox--1.jpg',
      'fox--2.jpg',
      'fox--extra-2.jpg',
      'fox.jpg',
    ]);
  });
});
