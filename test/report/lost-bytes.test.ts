import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noLane } from '../../src/ledger/rules/lane-name.ts';
import { checkFiles, type ResultsInput, writeResults } from '../../src/report/results.ts';
import { recovery } from '../../src/storage/recovery.ts';
import { openStudio, type Studio } from '../activities/studio.ts';

const names = ['a', 'b', 'c'];
const batchOf = (rows: readonly string[]): string => `batch: three
steps:
  draw:
    model: photogpt:nanobanana
    rows: [${rows.map((name) => `{ n: ${name} }`).join(', ')}]
    prompt: a fox {{ n }}
    name: "{{ n }}"
`;

describe('bytes that the blob store has lost', () => {
  let studio: Studio;
  let input: ResultsInput;
  beforeEach(async () => {
    studio = await openStudio();
    await studio.runStep(await studio.startRun(batchOf(names)), 'draw');
    input = freshInput();
    expect(await writeResults(input)).toMatchObject({ files: 3, problems: [] });
  });
  afterEach(() => studio.close());

  /** As another command has it: it remembers nothing. */
  function freshInput(): ResultsInput {
    const { ledger, blobs, home } = studio;
    return {
      reports: ledger.reports,
      submissions: ledger.submissions,
      blobs,
      recovery: recovery(blobs, { outFolder: join(home, 'out'), folders: async () => [home] }),
      outRoot: join(home, 'out'),
      batch: 'three',
      isServed: () => true,
      now: Date.now,
      warn: (message) => {
        throw new Error(message);
      },
    };
  }
  const shots = () => Array.fromAsync(studio.ledger.reports.shots('three'));
  const shotOf = async (name: string) => (await shots()).find((shot) => shot.name === name)!;
  const shaOf = async (name: string) => (await shotOf(name)).outputs[0]?.sha256 ?? '';
  const blobOf = async (name: string) => await studio.blobs.path(await shaOf(name));
  const place = (...parts: string[]): string => join(studio.home, 'out', 'three', ...parts);
  const images = async (...parts: string[]) =>
    (await readdir(place(...parts))).filter((name) => name.endsWith('.jpg')).toSorted();
  const manifest = async () =>
    (await readFile(place('manifest.jsonl'), 'utf8')).split('\n').filter(Boolean);
  const rot = async (path: string): Promise<void> => {
    const bytes = await readFile(path);
    bytes[bytes.length - 9] = (bytes.at(-9) ?? 0) ^ 1;
    await writeFile(path, bytes);
  };
  const accepted = () => studio.simulator.book.accepted.length;
  /** What `collect` and a standing worker do. */
  const collect = async (): Promise<void> => {
    const { environmentOf, activities, access, ledger } = studio;
    const run = (await ledger.batches.get('three'))?.run ?? 0;
    await environmentOf().run(activities.runShots, {
      ...{ batch: 'three', run, ledgerId: ledger.id, lane: noLane, account: access.key },
      ...{ from: 0, to: 0, reportAfterMs: null },
    });
  };

  it('are told of, and not waited for, where nobody can ask the account for them', async () => {
    await rm(await blobOf('a'));
    await rm(place('draw', 'a.jpg'));
    const results = await writeResults({ ...freshInput(), isServed: () => false });
    expect(results).toMatchObject({ fetchedAgain: [], problems: [{ place: 'draw/a.jpg' }] });
    expect(results.problems[0]?.next).toContain('shotlist collect three');
    expect(await shotOf('a')).toMatchObject({ state: 'done' });
  });

  it('come back from their copy in out/, which stays as it is', async () => {
    const before = await stat(place('draw', 'a.jpg'));
    await rm(await blobOf('a'));
    expect(await writeResults(freshInput())).toMatchObject({
      ...{ problems: [], fetchedAgain: [], restored: ['draw/a.jpg'], kept: [] },
    });
    expect(await studio.blobs.soundPath(await shaOf('a'))).toBe(await blobOf('a'));
    expect((await stat(place('draw', 'a.jpg'))).mtimeMs).toBe(before.mtimeMs);
    expect(await writeResults(input)).toMatchObject({ restored: [], problems: [] });
  });

  it('come back when they rotted, from a copy in out/, and the rotten ones are kept', async () => {
    await rot(await blobOf('a'));
    expect(await writeResults(freshInput())).toMatchObject({ restored: ['draw/a.jpg'] });
    expect(await studio.blobs.soundPath(await shaOf('a'))).toBeTruthy();
    expect(existsSync(join(studio.home, 'blobs', 'damaged', await shaOf('a')))).toBe(true);
  });

  it('come back from wherever they lie in out/', async () => {
    await mkdir(place('_old', 'draw'), { recursive: true });
    await rename(place('draw', 'a.jpg'), place('_old', 'draw', 'mine.jpg'));
    await rm(await blobOf('a'));
    expect(await writeResults(freshInput())).toMatchObject({ restored: ['draw/a.jpg'] });
    expect(await images('draw')).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
  });

  it.each(['missing', 'damaged', 'unreadable'])(
    'keep no other file, manifest, receipt or sheet from being written: %s',
    async (how) => {
      const blob = await blobOf('a');
      if (how === 'damaged') await rot(blob);
      else await rm(blob);
      if (how === 'unreadable') await mkdir(blob);
      await rm(place(), { recursive: true });
      const results = await writeResults(freshInput());
      expect(results).toMatchObject({ problems: [], restored: [], fetchedAgain: ['draw/a.jpg'] });
      expect(await images('draw')).toEqual(['b.jpg', 'c.jpg']);
      expect((await readdir(place())).toSorted()).toEqual(
        ['_thumbs', 'draw', 'index.html', 'manifest.jsonl', 'receipt.json'].toSorted(),
      );
      expect(await manifest()).toHaveLength(2);
      expect(await shotOf('a')).toMatchObject({ state: 'bound', outputs: [{ state: 'ready' }] });
      expect(await studio.ledger.submissions.accountsWithOrphans('three')).toEqual([
        studio.access.key,
      ]);
    },
  );

  it('are fetched again from the vendor, and nothing is paid', async () => {
    const bytes = await readFile(place('draw', 'a.jpg'));
    await rm(await blobOf('a'));
    await rm(place(), { recursive: true });
    const paid = accepted();
    await writeResults(freshInput());
    await collect();
    expect(await writeResults(freshInput())).toMatchObject({ problems: [], fetchedAgain: [] });
    expect(await readFile(place('draw', 'a.jpg'))).toEqual(bytes);
    expect(await manifest()).toHaveLength(3);
    expect((await shots()).map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    expect(accepted()).toBe(paid);
  });

  it('are asked for although nothing is written into out/', async () => {
    await rm(await blobOf('a'));
    await rm(place(), { recursive: true });
    expect(await checkFiles(freshInput())).toMatchObject({ fetchedAgain: ['draw/a.jpg'] });
    expect(existsSync(place())).toBe(false);
  });

  it('end the wait for the vendor when they turn up on this machine', async () => {
    const kept = join(studio.home, 'kept.jpg');
    await rename(place('draw', 'a.jpg'), kept);
    await rm(await blobOf('a'));
    await writeResults(freshInput());
    expect((await shotOf('a')).state).toBe('bound');
    await rename(kept, place('draw', 'back.jpg'));
    expect(await writeResults(freshInput())).toMatchObject({ problems: [], fetchedAgain: [] });
    expect((await shotOf('a')).state).toBe('done');
    expect(await images('draw')).toEqual(['a.jpg', 'b.jpg', 'back.jpg', 'c.jpg']);
  });

  it('are not asked for while most of them are away, unless a person says so', async () => {
    const many = Array.from({ length: 12 }, (_, index) => `n${index}`);
    await studio.runStep(await studio.startRun(batchOf(many)), 'draw');
    await rename(join(studio.home, 'blobs'), join(studio.home, 'unmounted'));
    await rm(place(), { recursive: true });
    const results = await writeResults(freshInput());
    expect(results.fetchedAgain).toEqual([]);
    expect(results.problems).toHaveLength(12 + 3);
    expect(results.problems[0]?.next).toContain('shotlist collect three --refetch');
    expect(await studio.ledger.submissions.accountsWithOrphans('three')).toEqual([]);
    const all = await checkFiles({ ...freshInput(), fetchAll: true });
    expect(all).toMatchObject({ problems: [] });
    expect(all.fetchedAgain).toHaveLength(12 + 3);
  });

  it('of files that no shot shows any more come back as well', async () => {
    await studio.runStep(await studio.startRun(batchOf(['a', 'b'])), 'draw');
    await writeResults(input);
    expect(await images('_old', 'draw')).toEqual(['c.jpg']);
    const [c] = await Array.fromAsync(studio.ledger.reports.unshown('three'));
    await rm(await studio.blobs.path(c?.outputs[0]?.sha256 ?? ''));
    await rm(place(), { recursive: true });
    expect(await writeResults(freshInput())).toMatchObject({ fetchedAgain: ['draw/c.jpg'] });
    await collect();
    await writeResults(freshInput());
    expect(await images('_old', 'draw')).toEqual(['c.jpg']);
  });
});

describe('a place in out/ that cannot be written', () => {
  let studio: Studio;
  let warned: string[];
  beforeEach(async () => {
    warned = [];
    studio = await openStudio();
    await studio.runStep(await studio.startRun(batchOf(names)), 'draw');
    await mkdir(place(), { recursive: true });
  });
  afterEach(() => studio.close());

  const place = (...parts: string[]): string => join(studio.home, 'out', 'three', ...parts);
  const write = () => {
    const { ledger, blobs, home } = studio;
    const outRoot = join(home, 'out');
    return writeResults({
      reports: ledger.reports,
      submissions: ledger.submissions,
      isServed: () => true,
      blobs,
      recovery: recovery(blobs, { outFolder: outRoot, folders: async () => [] }),
      outRoot,
      batch: 'three',
      now: Date.now,
      warn: (message) => warned.push(message),
    });
  };
  const places = names.map((name) => `draw/${name}.jpg`);

  it('is named with the reason, and the rest is written', async () => {
    await writeFile(place('draw'), 'a file where the folder belongs');
    const results = await write();
    expect(results.problems.map((problem) => problem.place)).toEqual(places);
    expect(results.problems[0]?.why).toContain('is no folder');
    expect(await readFile(place('manifest.jsonl'), 'utf8')).toBe('');
    expect(existsSync(place('receipt.json'))).toBe(true);
    expect((await studio.ledger.reports.status('three'))?.steps).toMatchObject([{ succeeded: 3 }]);
    expect(warned).toEqual([]);
  });

  it('on a disk that is read-only for a while is written once it is not', async (context) => {
    const mount = (...words: string[]): boolean =>
      spawnSync('mount', [...words, place()]).status === 0;
    if (!mount('-t', 'tmpfs', 'tmpfs')) context.skip('only root may mount a disk here');
    try {
      mount('-o', 'remount,ro');
      const { problems } = await write();
      expect(problems.map((problem) => problem.place)).toEqual([
        ...places,
        'manifest.jsonl',
        'receipt.json',
        '_thumbs',
      ]);
      expect(new Set(problems.map(({ why }) => why))).toEqual(
        new Set(['the disk is read-only (EROFS)']),
      );
      expect(warned).toEqual([expect.stringContaining('the contact sheet was not written')]);
      mount('-o', 'remount,rw');
      expect(await write()).toMatchObject({ files: 3, problems: [] });
    } finally {
      spawnSync('umount', [place()]);
    }
  });
});
