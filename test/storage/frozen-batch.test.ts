import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Files } from '../../src/batch/data/files.ts';
import { diskFiles } from '../../src/storage/disk-files.ts';
import { folderBlobs } from '../../src/storage/folder-blobs.ts';
import { freeze, openFrozen, recordingFiles } from '../../src/storage/frozen-batch.ts';
import { recovery } from '../../src/storage/recovery.ts';

let project: string;
let store: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'shotlist-frozen-'));
  store = mkdtempSync(join(tmpdir(), 'shotlist-store-'));
  mkdirSync(join(project, 'photos'));
  writeFileSync(join(project, 'rows.csv'), 'sku,name\n007,Élan\n');
  writeFileSync(join(project, 'photos/a.jpg'), Buffer.from('ffd8ffe0', 'hex'));
  writeFileSync(join(project, 'photos/__proto__'), 'plain');
});
afterEach(() => {
  rmSync(project, { recursive: true, force: true });
  rmSync(store, { recursive: true });
});

const ask = (files: Files): unknown => ({
  reads: ['rows.csv', 'gone.csv', 'rows.csv'].map((path) => files.read(path)?.toString()),
  matches: ['photos/*', 'none/*', '**'].map((pattern) => files.match(pattern)),
  facts: ['photos/a.jpg', 'photos/__proto__', '__proto__'].map((path) => files.facts(path)),
});

function frozen(recorded: ReturnType<ReturnType<typeof recordingFiles>['recorded']>) {
  const blobs = folderBlobs(store);
  const source = 'batch: autumn\n';
  return freeze({ file: 'batch.yaml', source, folder: project, recorded, blobs });
}

describe('a frozen batch', () => {
  it('answers exactly as the disk did, without the disk', async () => {
    const files = recordingFiles(diskFiles(project));
    const expected = ask(files);
    const manifest = await frozen(files.recorded());
    rmSync(project, { recursive: true });
    const opened = await openFrozen(folderBlobs(store), manifest);
    expect(ask(opened.files)).toEqual(expected);
    expect(opened).toMatchObject({ source: 'batch: autumn\n', file: 'batch.yaml' });
  });

  it('holds the bytes of the files it names', async () => {
    const files = recordingFiles(diskFiles(project));
    const sha256 = files.facts('photos/a.jpg')?.sha256 ?? '';
    await frozen(files.recorded());
    expect(Buffer.from(await folderBlobs(store).get(sha256)).toString('hex')).toBe('ffd8ffe0');
  });

  it('is the same blob whatever order the questions came in', async () => {
    const [one, two] = [recordingFiles(diskFiles(project)), recordingFiles(diskFiles(project))];
    for (const path of ['rows.csv', 'gone.csv']) one.read(path);
    for (const path of ['gone.csv', 'rows.csv']) two.read(path);
    expect(await frozen(one.recorded())).toBe(await frozen(two.recorded()));
  });

  it('repeats its first answer while the disk changes', () => {
    const files = recordingFiles(diskFiles(project));
    const before = files.read('rows.csv');
    writeFileSync(join(project, 'rows.csv'), 'changed');
    expect(files.read('rows.csv')).toBe(before);
  });

  it('refuses to freeze a referenced file that changed meanwhile', async () => {
    const files = recordingFiles(diskFiles(project));
    files.facts('photos/a.jpg');
    writeFileSync(join(project, 'photos/a.jpg'), 'other bytes');
    await expect(frozen(files.recorded())).rejects.toThrow('photos/a.jpg changed');
  });

  it('refuses a question that was never asked of the disk', async () => {
    const opened = await openFrozen(
      folderBlobs(store),
      await frozen(recordingFiles(diskFiles(project)).recorded()),
    );
    expect(() => opened.files.read('rows.csv')).toThrow('was not stored with the batch');
  });

  const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
  const rows = 'sku,name\n007,Élan\n';

  it('is read from the disk again where the blob store lost bytes and the file is the same', async () => {
    const files = recordingFiles(diskFiles(project));
    const expected = ask(files);
    writeFileSync(join(project, 'batch.yaml'), 'batch: autumn\n');
    const manifest = await frozen(files.recorded());
    const blobs = folderBlobs(store);
    rmSync(await blobs.path(sha(rows)));
    writeFileSync(await blobs.path(sha('batch: autumn\n')), 'rotten');
    const folders = async () => [project];
    const lost = recovery(blobs, { outFolder: join(project, 'out'), folders });
    const opened = await openFrozen(blobs, manifest, lost);
    expect(ask(opened.files)).toEqual(expected);
    expect(opened.source).toBe('batch: autumn\n');
    expect(await blobs.has(sha(rows))).toBe(true);
  });

  it('says which of its files is gone, and what helps, where the disk has another', async () => {
    const files = recordingFiles(diskFiles(project));
    files.read('rows.csv');
    const manifest = await frozen(files.recorded());
    const blobs = folderBlobs(store);
    rmSync(await blobs.path(sha(rows)));
    writeFileSync(join(project, 'rows.csv'), 'other rows');
    const folders = async () => [project];
    const lost = recovery(blobs, { outFolder: join(project, 'out'), folders });
    await expect(openFrozen(blobs, manifest, lost)).rejects.toMatchObject({
      message: expect.stringContaining('rows.csv, as it was when the run started, is missing'),
      next: [expect.stringContaining('run the batch again')],
    });
  });

  it('stores a referenced file again whose blob has another length', async () => {
    const files = recordingFiles(diskFiles(project));
    const sha256 = files.facts('photos/a.jpg')?.sha256 ?? '';
    await frozen(files.recorded());
    writeFileSync(await folderBlobs(store).path(sha256), '');
    await frozen(files.recorded());
    expect(Buffer.from(await folderBlobs(store).get(sha256)).toString('hex')).toBe('ffd8ffe0');
  });
});
