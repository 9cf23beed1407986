import { existsSync } from 'node:fs';
import {
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import type { Blobs } from '../../src/storage/blobs.ts';
import { folderBlobs } from '../../src/storage/folder-blobs.ts';
import { materialise, materialiseAll, retire } from '../../src/storage/out-tree.ts';
import type { MaterialItem } from '../../src/storage/out-files.ts';

let folder: string;
let out: string;
let blobs: Blobs;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shotlist-out-'));
  out = join(folder, 'out');
  blobs = folderBlobs(join(folder, 'blobs'));
});
afterEach(() => rm(folder, { recursive: true }));

async function item(content: string, changes: Partial<MaterialItem> = {}): Promise<MaterialItem> {
  const sha256 = await blobs.put(Buffer.from(content));
  const sidecar = { sha256, prompt: content };
  return {
    step: 'portraits',
    fileName: 'linen.png',
    sha256,
    knownShas: [sha256],
    sidecar,
    ...changes,
  };
}
const place = (...parts: string[]): string => join(out, 'autumn', ...parts);
const text = (...parts: string[]): Promise<string> => readFile(place(...parts), 'utf8');

describe('materialise', () => {
  it('writes the file and its sidecar once', async () => {
    const first = await item('one');
    expect(await materialise(out, 'autumn', first, blobs)).toBe('written');
    expect(await materialise(out, 'autumn', first, blobs)).toBe('same');
    expect(await text('portraits', 'linen.png')).toBe('one');
    expect(JSON.parse(await text('portraits', 'linen.json'))).toEqual(first.sidecar);
    expect(await readdir(place('portraits'))).toEqual(['linen.json', 'linen.png']);
  });

  it('keeps a file that a person edited, with its sidecar', async () => {
    const first = await item('one');
    await materialise(out, 'autumn', first, blobs);
    await writeFile(place('portraits', 'linen.png'), 'retouched');
    const second = await item('two', { knownShas: [first.sha256] });
    expect(await materialise(out, 'autumn', second, blobs)).toBe('kept');
    expect(await text('portraits', 'linen.png')).toBe('retouched');
    expect(await text('portraits', 'linen.json')).toContain('one');
  });

  it('keeps a sidecar that a person edited and renews one that it wrote', async () => {
    const first = await item('one');
    await materialise(out, 'autumn', first, blobs);
    const richer = { ...first, sidecar: { ...first.sidecar, price: '2' } };
    expect(await materialise(out, 'autumn', richer, blobs)).toBe('written');
    await writeFile(place('portraits', 'linen.json'), '{"mine":true}');
    expect(await materialise(out, 'autumn', first, blobs)).toBe('kept');
    expect(await text('portraits', 'linen.json')).toBe('{"mine":true}');
  });

  it('moves an earlier output aside before the new one takes its place', async () => {
    const first = await item('one');
    await materialise(out, 'autumn', first, blobs);
    const second = await item('two', { knownShas: [first.sha256] });
    expect(await materialise(out, 'autumn', second, blobs)).toBe('written');
    expect(await text('portraits', 'linen.png')).toBe('two');
    expect(await text('portraits', 'linen.json')).toContain('two');
    expect(await text('_old', 'portraits', 'linen.png')).toBe('one');
    expect(await text('_old', 'portraits', 'linen.json')).toContain('one');
  });

  it('moves an earlier output of another kind aside, with its sidecar', async () => {
    const first = await item('one', { fileName: 'linen.jpg' });
    await materialise(out, 'autumn', first, blobs);
    const second = await item('two', { knownShas: [first.sha256] });
    expect(await materialise(out, 'autumn', second, blobs)).toBe('written');
    expect(await readdir(place('portraits'))).toEqual(['linen.json', 'linen.png']);
    expect(await text('portraits', 'linen.json')).toContain('two');
    expect(await text('_old', 'portraits', 'linen.jpg')).toBe('one');
  });

  it('recognises its file after a copy lost the times', async () => {
    const first = await item('one');
    await materialise(out, 'autumn', first, blobs);
    await utimes(place('portraits', 'linen.png'), 5, 5);
    expect(await materialise(out, 'autumn', first, blobs)).toBe('same');
  });

  it('tells two files of one size and one tick of the clock apart', async () => {
    const [first, second] = [await item('one'), await item('two')];
    for (const { sha256 } of [first, second]) await utimes(await blobs.path(sha256), 5, 5);
    await materialise(out, 'autumn', first, blobs);
    const next = { ...second, knownShas: [first.sha256] };
    expect(await materialise(out, 'autumn', next, blobs)).toBe('written');
    expect(await text('portraits', 'linen.png')).toBe('two');
    expect(await text('_old', 'portraits', 'linen.png')).toBe('one');
  });

  it('never writes outside the folder of the batch, whatever the name', async () => {
    const hostile = fc.oneof(
      fc.constantFrom(
        '..',
        '.',
        '',
        '../x',
        '/etc/x',
        'a/b',
        String.raw`a\b`,
        'C:x',
        'a\0b',
        '_old',
      ),
      fc.string().map((name) => `../${name}`),
      fc.string({ unit: 'binary', maxLength: 300 }),
    );
    const good = await item('one');
    await fc.assert(
      fc.asyncProperty(
        hostile,
        fc.constantFrom('step', 'fileName', 'batch'),
        async (name, where) => {
          const bad = where === 'batch' ? good : { ...good, [where]: name };
          const batch = where === 'batch' ? name : 'autumn';
          await materialise(out, batch, bad, blobs).catch((error: unknown) => {
            if (!(error instanceof UserError)) throw error;
          });
          expect((await readdir(folder)).filter((entry) => entry !== 'blobs')).toEqual(
            existsSync(out) ? ['out'] : [],
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('refuses a step folder that is a link, and keeps a file that is one', async () => {
    const elsewhere = join(folder, 'elsewhere');
    await mkdir(elsewhere);
    await mkdir(place('drafts'), { recursive: true });
    await symlink(elsewhere, place('portraits'));
    await expect(materialise(out, 'autumn', await item('one'), blobs)).rejects.toThrow('link');
    await symlink(join(elsewhere, 'target'), place('drafts', 'linen.png'));
    const draft = await item('one', { step: 'drafts' });
    expect(await materialise(out, 'autumn', draft, blobs)).toBe('kept');
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it('passes over files that are right without reading their blobs', async () => {
    const one = await item('one');
    const items = Array.from({ length: 200 }, (_, index) => ({
      ...one,
      fileName: `${index}.png`,
    }));
    await materialiseAll(out, 'autumn', items, blobs);
    const used: PropertyKey[] = [];
    const watched = new Proxy(blobs, {
      get: (target, name, receiver): unknown => {
        used.push(name);
        return Reflect.get(target, name, receiver);
      },
    });
    const results = await materialiseAll(out, 'autumn', items, watched);
    expect(results).toEqual(items.map(() => 'same'));
    expect(new Set(used)).toEqual(new Set(['path']));
  });
});

describe('retire', () => {
  it('moves a file and its sidecar to _old and never over another', async () => {
    const first = await item('one');
    const second = await item('two');
    for (const next of [first, second]) {
      await materialise(out, 'autumn', next, blobs);
      expect(await retire(out, 'autumn', next)).toBe('moved');
    }
    expect(await retire(out, 'autumn', first)).toBe('absent');
    const mark = `linen~${second.sha256.slice(0, 8)}`;
    const names = ['linen.json', 'linen.png', `${mark}.json`, `${mark}.png`];
    expect((await readdir(place('_old', 'portraits'))).toSorted()).toEqual(names);
  });

  it('leaves an edited file, and the sidecar of another file with that name', async () => {
    const image = await item('one');
    const webp = await item('two', { fileName: 'linen.webp' });
    await materialise(out, 'autumn', image, blobs);
    await writeFile(place('portraits', 'linen.webp'), 'two');
    expect(await retire(out, 'autumn', webp)).toBe('moved');
    expect(await text('portraits', 'linen.json')).toContain('one');
    await writeFile(place('portraits', 'linen.png'), 'retouched');
    expect(await retire(out, 'autumn', image)).toBe('kept');
  });
});
