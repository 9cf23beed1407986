import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { amountFromDecimal } from '../../src/money.ts';
import { vendors } from '../../src/providers/registry.ts';
import { openStage, type Stage } from './stage.ts';

const examples = join(import.meta.dirname, '..', '..', 'batches');
const names = ['compare-vendors', 'product-catalogue', 'cutouts', 'edit-mode'];
/** Files by batch and step. */
const expected = {
  'compare-vendors': { compare: 12 },
  'product-catalogue': { packshots: 16 },
  cutouts: { sketches: 4, cutouts: 4, vectors: 4 },
  'edit-mode': { bottles: 2, finishes: 6, edits: 3 },
};

interface Receipt {
  accounts: { account: string; unit: string; spent: string; reserved: string; ambiguous: string }[];
  submissions: { state: string; jobId: string }[];
}

describe('the examples of all vendors, run at once', () => {
  let stage: Stage;
  const receipts: Receipt[] = [];
  beforeAll(async () => {
    stage = await openStage({
      jobMs: 100,
      // PhotoGPT bills 12 for 2K, as the examples' shotlist.yaml has it.
      prices: {
        photogpt: { image: 12 },
        wonda: { image: 40, edit: 5 },
      },
    });
    for (const file of readdirSync(examples).filter((name) => /\.(csv|jsonl|yaml)$/.test(name)))
      cpSync(join(examples, file), join(stage.folder, file));
    cpSync(join(examples, 'photos'), join(stage.folder, 'photos'), { recursive: true });
    stage.write('shotlist.yaml', hurried(stage.read('shotlist.yaml')));
    await stage.startWorker();
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it('end with all their files', async () => {
    const runs = await Promise.all(
      names.map((name) => stage.run(['run', `${name}.yaml`, '--yes', '--json'])),
    );
    for (const [index, { code, stderr }] of runs.entries())
      expect(code, `${names[index]}: ${stderr}`).toBe(0);
    for (const [batch, steps] of Object.entries(expected))
      for (const [step, count] of Object.entries(steps)) {
        const files = readdirSync(join(stage.folder, 'out', batch, step));
        expect(
          files.filter((file) => !file.endsWith('.json')),
          `${batch}/${step}`,
        ).toHaveLength(count);
      }
    const vectors = join(stage.folder, 'out/cutouts/vectors');
    expect(readdirSync(vectors)).toContain('kettle.svg');
    expect(readFileSync(join(vectors, 'kettle.svg'), 'utf8')).toContain('<svg');
  }, 180_000);

  it('leave a ledger that agrees with the book of the vendors, job for job', () => {
    for (const name of names)
      receipts.push(JSON.parse(stage.read(`out/${name}/receipt.json`)) as Receipt);
    const { accepted } = stage.simulator.book;
    expect(accepted).toHaveLength(51);
    expect(stage.simulator.book.duplicates()).toEqual([]);
    const submissions = receipts.flatMap((receipt) => receipt.submissions);
    expect(submissions.filter(({ state }) => state !== 'succeeded')).toEqual([]);
    expect(submissions.map(({ jobId }) => jobId).toSorted()).toEqual(
      accepted.map(({ id }) => id).toSorted(),
    );
  });

  it('cost what the vendors charged', () => {
    for (const { id, unit } of vendors) {
      const spent = receipts
        .flatMap(({ accounts }) => accounts)
        .filter(({ account }) => account === id)
        .reduce((sum, money) => sum + amountFromDecimal(money.spent, unit), 0);
      // The simulator books in credits; a thousand of them are a dollar.
      const smallest = 1_000;
      const charged = stage.simulator.book.accepted
        .filter(({ vendor }) => vendor === id)
        .reduce((sum, { cost }) => sum + cost * smallest, 0);
      expect(spent, id).toBe(charged);
      expect(spent, id).toBeGreaterThan(0);
    }
    for (const { reserved, ambiguous } of receipts.flatMap(({ accounts }) => accounts))
      expect({ reserved, ambiguous }).toEqual({ reserved: '0', ambiguous: '0' });
  });

  it('bring each photo to a vendor once, and hand it on to those that read links alone', () => {
    const uploads = stage.simulator.book.uploads.map(({ vendor, sha256 }) => `${vendor} ${sha256}`);
    expect(new Set(uploads).size).toBe(uploads.length);
    const vendorsOf = new Set(stage.simulator.book.uploads.map(({ vendor }) => vendor));
    expect([...vendorsOf].toSorted()).toEqual(['productai', 'wonda']);
  });
});

/** The examples' own settings, with polls that suit jobs of a tenth of a second and no limit on the rate. */
function hurried(source: string): string {
  const { accounts } = parse(source) as { accounts: Record<string, object> };
  const timeouts = { pollFirstMs: 100, pollMs: 300 };
  for (const { id } of vendors)
    accounts[id] = { ...accounts[id], timeouts, limits: { perMinute: 6_000, inFlight: 16 } };
  return stringify({ accounts });
}
