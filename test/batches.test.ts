import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkBatch, countShots, expectedSources } from '../src/batch/checks/check-batch.ts';
import { type StepExpansion, openStep } from '../src/batch/expansion/expand.ts';
import { parseBatch } from '../src/batch/file/parse.ts';
import { formatProblems } from '../src/batch/file/report-problems.ts';
import { catalogueOf, offerOf } from '../src/accounts/catalogue.ts';
import type { ShotRequest } from '../src/batch/request.ts';
import { loadConfig } from '../src/config/config.ts';
import { diskFiles } from '../src/storage/disk-files.ts';

const folder = fileURLToPath(new URL('../batches/', import.meta.url));
const { accounts } = loadConfig({}, folder);
const catalogue = catalogueOf({ accounts });
const context = { files: diskFiles(folder), catalogue };
const names = readdirSync(folder).filter(
  (name) => name.endsWith('.yaml') && name !== 'shotlist.yaml',
);

/** Of a request whose price only the vendor tells. */
function quoteKeyOf(request: ShotRequest): string | undefined {
  const account = accounts.get(request.account);
  return account && offerOf(account).quoteKey?.(request);
}

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

  it('costs an amount that its budget allows, or that its vendor is asked for', () => {
    const expansions = new Map<string, StepExpansion>();
    const totals = new Map<string, number>();
    const trainings = new Set<string>();
    const add = (name: string, amount: number): void =>
      void totals.set(name, (totals.get(name) ?? 0) + amount);
    for (const { name: step } of document.steps) {
      const expansion = openStep(document, step, context);
      expansions.set(step, expansion);
      for (const expanded of expansion.shots(expectedSources(expansion, expansions))) {
        if (!('shot' in expanded)) throw new Error(`a shot of ${step} is faulty`);
        const { request, price, key } = expanded.shot;
        const isQuoted = quoteKeyOf(request) !== undefined;
        expect(price.amount === null, `${key} has no price`).toBe(isQuoted);
        add(request.account, price.amount ?? 0);
        const { choice } = request;
        if (choice.kind !== 'training' || trainings.has(choice.set.fingerprint)) continue;
        const training = catalogue.get(request.account)?.trainingPrice().amount ?? 0;
        expect(training).toBeGreaterThan(0);
        trainings.add(choice.set.fingerprint);
        add(request.account, training);
      }
    }
    expect(Object.keys(document.budget).toSorted()).toEqual([...totals.keys()].toSorted());
    for (const [name, total] of totals)
      expect(document.budget[name]?.amount, name).toBeGreaterThanOrEqual(total);
  });

  it('tells the editor its schema in the first line', () => {
    const [first] = source.split('\n');
    expect(first).toBe('# yaml-language-server: $schema=../schema/batch.schema.json');
  });
});

it('ships images small enough to be cloned', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const images = files.filter((file) => /^(selfies|training|photos)\b.*\.jpg$/.test(file));
  expect(images.length).toBeGreaterThan(30);
  for (const image of images)
    expect(readFileSync(`${folder}${image}`).length, image).toBeLessThan(10_000);
});
