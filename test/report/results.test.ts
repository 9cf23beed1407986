import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BatchStatus, ShotRow } from '../../src/ledger/port.ts';
import { type ResultsInput, writeResults } from '../../src/report/results.ts';
import type { Blobs } from '../../src/storage/blobs.ts';
import { folderBlobs } from '../../src/storage/folder-blobs.ts';
import { recovery } from '../../src/storage/recovery.ts';

let folder: string;
let blobs: Blobs;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shotlist-results-'));
  blobs = folderBlobs(join(folder, 'blobs'));
});
afterEach(() => rm(folder, { recursive: true }));

const status: BatchStatus = {
  row: {
    batch: 'autumn',
    run: 1,
    state: 'finished',
    frozen: 'f',
    project: '',
    ownerPath: 'autumn.yaml',
    unknownPrices: false,
    policy: { retries: 1, paidRetries: 0, maxFailures: null, onAmbiguous: 'park' },
    steps: [{ name: 'portraits', from: [], pick: 'all' }],
    startedAt: 0,
    endedAt: 1,
  },
  steps: [],
  accounts: [],
  blocks: [],
  raisedPrices: [],
  undecidedTrainings: 0,
  stops: [],
  unmade: [],
  isStopped: false,
};

async function shot(
  name: string,
  outputs: number,
  changes: Partial<ShotRow> = {},
): Promise<ShotRow> {
  const rows = [];
  for (let index = 0; index < outputs; index += 1) {
    const background = { r: name.length, g: index * 20, b: 9 };
    const bytes = await sharp({ create: { width: 8, height: 9, channels: 3, background } })
      .png()
      .toBuffer();
    const sha256 = await blobs.put(bytes);
    const size = { bytes: bytes.length, mime: 'image/png', width: 8, height: 9 };
    rows.push({
      index,
      remote: null,
      state: 'saved' as const,
      sha256,
      ...size,
      savedAt: 1,
      why: null,
      damaged: null,
    });
  }
  return {
    key: `portraits/${name}`,
    step: 'portraits',
    name,
    ordinal: 0,
    take: 1,
    account: 'studio@host',
    fingerprint: name,
    request: {
      account: 'studio',
      model: 'large',
      choice: { kind: 'public', id: 'large' },
      prompt: name,
      ...(outputs > 1 && { outputs }),
      options: {},
      references: [],
    },
    price: { amount: 2_000, unit: 'credits', basis: 'exact' },
    billed: null,
    state: outputs ? 'done' : 'failed',
    why: outputs ? null : 'refused by the filter',
    tries: 1,
    origin: 'rows.csv:2',
    submission: null,
    submissionState: null,
    cached: false,
    undelivered: 0,
    outputs: rows,
    ...changes,
  };
}

/** A shot whose one output is this. */
async function savedAs(name: string, content: string, mime: string): Promise<ShotRow> {
  const sha256 = await blobs.put(Buffer.from(content));
  const facts = {
    index: 0,
    remote: null,
    state: 'saved' as const,
    width: null,
    height: null,
    why: null,
    damaged: null,
  };
  const output = { ...facts, damaged: null, sha256, bytes: content.length, mime, savedAt: 1 };
  return await shot(name, 1, { outputs: [output] });
}

function input(shots: readonly ShotRow[], former: readonly ShotRow[] = []): ResultsInput {
  return {
    isServed: () => true,
    reports: {
      status: async () => status,
      async *shots() {
        yield* shots;
      },
      async *submissions() {},
      async *unshown() {
        yield* former;
      },
      balances: async () => [],
      accountUse: async () => [],
      knownFiles: async (_, key) =>
        [...shots, ...former]
          .filter((row) => row.key === key)
          .flatMap((row) => row.outputs.map((output) => output.sha256 ?? '')),
    },
    submissions: {
      fetchAgain: async () => {
        throw new Error('nothing is lost here');
      },
      foundOutput: async () => {
        throw new Error('nothing is lost here');
      },
    },
    blobs,
    recovery: recovery(blobs, { outFolder: join(folder, 'out'), folders: async () => [] }),
    outRoot: join(folder, 'out'),
    batch: 'autumn',
    now: () => 0,
    warn: (message) => {
      throw new Error(message);
    },
  };
}

describe('writeResults', () => {
  it('brings the folder in line with the ledger, and again without a change', async () => {
    const shots = [await shot('linen', 1), await shot('silk-', 2), await shot('wool', 0)];
    const results = await writeResults(input(shots));
    expect(results).toMatchObject({ files: 3, kept: [] });
    const all = ['_thumbs', 'index.html', 'manifest.jsonl', 'portraits', 'receipt.json'];
    expect((await readdir(results.directory)).toSorted()).toEqual(all);
    expect((await readdir(join(results.directory, 'portraits'))).toSorted()).toEqual([
      'linen.json',
      'linen.png',
      'silk---1.json',
      'silk---1.png',
      'silk---2.json',
      'silk---2.png',
    ]);
    const page = await readFile(results.contactSheet ?? '', 'utf8');
    expect(page).toContain('refused by the filter');
    await writeResults(input(shots));
    expect(await readFile(results.contactSheet ?? '', 'utf8')).toBe(page);
  });

  it('marks a damaged file on its sidecar, its line of the manifest and its tile', async () => {
    const whole = await shot('linen', 1);
    const made = await shot('silk-', 1);
    const damaged = 'the file ends within its chunk IDAT';
    const marked = { ...made, outputs: made.outputs.map((output) => ({ ...output, damaged })) };
    const { directory, contactSheet } = await writeResults(input([whole, marked]));
    const text = async (name: string) => await readFile(join(directory, name), 'utf8');
    expect(JSON.parse(await text('portraits/silk-.json'))).toMatchObject({ damaged });
    expect(JSON.parse(await text('portraits/linen.json'))).not.toHaveProperty('damaged');
    const lines = (await text('manifest.jsonl')).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { damaged?: string }).damaged)).toEqual([
      undefined,
      damaged,
    ]);
    const page = await readFile(contactSheet ?? '', 'utf8');
    expect(page.split(`"damaged":"${damaged}"`)).toHaveLength(2);
    expect(page).toContain("element('span', 'badge', 'damaged')");
  });

  it('shows texts as text and SVGs as images, each under its own extension', async () => {
    const words = await savedAs('words', 'A <b>calm</b> harbour at dusk.', 'text/plain');
    const svg = await savedAs('kettle', '<svg onload="alert(1)"/>', 'image/svg+xml');
    const { directory, contactSheet } = await writeResults(input([words, svg]));
    const page = await readFile(contactSheet ?? '', 'utf8');
    const files = (await readdir(join(directory, 'portraits'))).toSorted();
    expect(files).toEqual(['kettle.json', 'kettle.svg', 'words.json', 'words.txt']);
    expect(page).toContain('A \\u003cb\\u003ecalm');
    expect(page).not.toContain('onload');
    expect(await readdir(join(directory, '_thumbs'))).toEqual([]);
  });

  it('names edited files and moves those of retired shots aside', async () => {
    const [linen, silk] = [await shot('linen', 1), await shot('silk', 1)];
    const { directory } = await writeResults(input([linen, silk]));
    await writeFile(join(directory, 'portraits/linen.png'), 'retouched');
    const again = await writeResults(input([linen, { ...silk, state: 'retired' }]));
    expect(again.kept).toEqual(['portraits/linen.png']);
    expect((await readdir(join(directory, '_old/portraits'))).toSorted()).toEqual([
      'silk.json',
      'silk.png',
    ]);
    expect((await readFile(join(directory, 'manifest.jsonl'), 'utf8')).split('\n')).toHaveLength(2);
  });

  it('keeps what was paid for and no shot shows any more, once, also when out/ was deleted', async () => {
    const [linen, before] = [await shot('linen', 1), await shot('linen-before', 1)];
    const former: ShotRow = { ...before, key: linen.key, name: 'linen', state: 'retired' };
    const old = async (directory: string) =>
      (await readdir(join(directory, '_old/portraits'))).toSorted();
    // Its file still stands where it was when the shot changes.
    const { directory } = await writeResults(input([{ ...former, state: 'done' }]));
    await writeResults(input([await shot('linen', 0)], [former]));
    expect(await readdir(join(directory, 'portraits'))).toContain('linen.png');
    for (let times = 0; times < 2; times += 1) {
      await writeResults(input([linen], [former]));
      expect(await old(directory)).toEqual(['linen.json', 'linen.png']);
      const kept = await readFile(join(directory, '_old/portraits/linen.png'));
      expect(kept).toEqual(await readFile(await blobs.path(former.outputs[0]?.sha256 ?? '')));
    }
    await rm(directory, { recursive: true });
    await writeResults(input([linen], [former]));
    expect(await old(directory)).toEqual(['linen.json', 'linen.png']);
    expect(await readFile(join(directory, 'manifest.jsonl'), 'utf8')).not.toContain('_old');
  });

  it('says of a lost file what was paid for it', async () => {
    const lost = await shot('linen', 0, { submissionState: 'lost', why: 'gone' });
    const { contactSheet } = await writeResults(input([lost]));
    expect(await readFile(contactSheet ?? '', 'utf8')).toContain(
      'its file was lost at the vendor (gone); paid: 2 credits',
    );
  });
});
