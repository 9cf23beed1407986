import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkBatch, countShots, expectedSources } from '../src/batch/check-batch.ts';
import { openStep } from '../src/batch/expand.ts';
import type { StepExpansion } from '../src/batch/expand.ts';
import { parseBatch } from '../src/batch/parse.ts';
import { formatProblems } from '../src/batch/report-problems.ts';
import { catalogueOf } from '../src/accounts/catalogue.ts';
import { loadConfig } from '../src/config.ts';
import { diskFiles } from '../src/storage/disk-files.ts';

const folder = fileURLToPath(new URL('../batches/', import.meta.url));
const catalogue = catalogueOf(loadConfig({}, folder));
const context = { files: diskFiles(folder), catalogue };
const names = readdirSync(folder).filter(
  (name) => name.endsWith('.yaml') && name !== 'shotlist.yaml',
);

describe.each(names)('batches/%s', (name) => {
  const source = readFileSync(`${folder}${name}`, 'utf8');
  const { document, problems } = parseBatch(source, name);
  if (!document) throw new Error(formatProblems(problems, () => source));

  it('plans without an error and without a note', () => {
    expect([...problems, ...checkBatch(document, context)]).toEqual([]);
  });

  it('makes as many shots as its comment says', () => {
    const counts = countShots(document, context);
    const total = counts.reduce((sum, { shots }) => sum + shots, 0);
    const steps = counts.map(({ step, shots }) => `${step} ${shots}`).join(', ');
    expect(source).toContain(`\n# ${total} shots: ${steps}.\n`);
  });

  it('costs a known amount that its budget allows', () => {
    const expansions = new Map<string, StepExpansion>();
    const trainings = new Map<string, number>();
    let total = 0;
    for (const { name: step } of document.steps) {
      const expansion = openStep(document, step, context);
      expansions.set(step, expansion);
      for (const expanded of expansion.shots(expectedSources(expansion, expansions))) {
        if (!('shot' in expanded)) throw new Error(`a shot of ${step} is faulty`);
        const { shot } = expanded;
        expect(shot.price.amount, shot.key).not.toBeNull();
        total += shot.price.amount ?? 0;
        const { choice } = shot.request;
        if (choice.kind !== 'training') continue;
        const price = catalogue.get('photogpt')?.trainingPrice();
        expect(price?.amount).toBeGreaterThan(0);
        trainings.set(choice.set.fingerprint, price?.amount ?? 0);
      }
    }
    for (const amount of trainings.values()) total += amount;
    expect(document.budget['photogpt']?.amount).toBeGreaterThanOrEqual(total);
  });

  it('tells the editor its schema in the first line', () => {
    const [first] = source.split('\n');
    expect(first).toBe('# yaml-language-server: $schema=../schema/batch.schema.json');
  });
});

it('ships pictures small enough to be cloned', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const pictures = files.filter((file) => /^(selfies|training)\b.*\.jpg$/.test(file));
  expect(pictures.length).toBeGreaterThan(30);
  for (const picture of pictures)
    expect(readFileSync(`${folder}${picture}`).length, picture).toBeLessThan(10_000);
});
