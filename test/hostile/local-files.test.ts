import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { diskFiles } from '../../src/storage/disk-files.ts';
import { matchesMax } from '../../src/storage/file-pattern.ts';
import { folderBlobs } from '../../src/storage/folder-blobs.ts';
import { failure } from '../http/server.ts';
import { freeze, openFrozen, recordingFiles } from '../../src/storage/frozen-batch.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shotlist-hostile-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

describe('a referenced file', () => {
  it('that is no plain file is not there, and nothing waits for it', () => {
    execFileSync('mkfifo', [at('pipe.png')]);
    mkdirSync(at('folder.png'));
    symlinkSync('loop.png', at('loop.png'));
    symlinkSync('nowhere', at('broken.png'));
    const files = diskFiles(folder);
    const names = ['pipe.png', 'folder.png', 'loop.png', 'broken.png', '/dev/zero', 'a\0.png'];
    for (const name of [...names, 'x'.repeat(5_000)]) {
      expect(files.facts(name)).toBeUndefined();
      expect(files.read(name)).toBeUndefined();
    }
    expect(files.match('*.png')).toEqual([]);
  });

  it('that is empty or no image says so by having no type', () => {
    writeFileSync(at('empty.png'), '');
    writeFileSync(at('page.png'), '<!doctype html><p>not found');
    const files = diskFiles(folder);
    expect(files.facts('empty.png')).toMatchObject({ bytes: 0, mime: undefined });
    expect(files.facts('page.png')?.mime).toBeUndefined();
  });

  it('of 5 GB is refused before it is read', () => {
    writeFileSync(at('huge.png'), '');
    truncateSync(at('huge.png'), 5 * 1024 ** 3);
    const files = diskFiles(folder);
    expect(() => files.facts('huge.png')).toThrow('huge.png is larger than 2048 MB');
    expect(() => files.read('huge.png')).toThrow('huge.png is larger than 200 MB');
  });

  it('may lie outside the project, also behind a link: the person may read it anyway', () => {
    mkdirSync(at('project'));
    writeFileSync(at('elsewhere.gif'), 'GIF89a, or so');
    symlinkSync(at('elsewhere.gif'), at('project/link.gif'));
    expect(diskFiles(at('project')).facts('link.gif')?.mime).toBe('image/gif');
  });

  it('keeps its type whatever its name, colours or frames', async () => {
    const rgb = { width: 8, height: 8, channels: 3, background: 'red' } as const;
    await sharp({ create: rgb }).toColourspace('cmyk').jpeg().toFile(at('cmyk.png'));
    const frames = { ...rgb, height: 16, pageHeight: 8 };
    await sharp({ create: frames }).gif().toFile(at('animated.gif'));
    writeFileSync(at('phone.jpg'), Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'));
    const files = diskFiles(folder);
    expect(files.facts('cmyk.png')?.mime).toBe('image/jpeg');
    expect(files.facts('animated.gif')?.mime).toBe('image/gif');
    expect(files.facts('phone.jpg')?.mime).toBe('image/heic');
  });

  it('that changes before it is stored stops the run; one that changes later does not matter', async () => {
    const blobs = folderBlobs(at('blobs'));
    const freezeNow = async (): Promise<string> => {
      const files = recordingFiles(diskFiles(folder));
      files.facts('a.gif');
      if (change) writeFileSync(at('a.gif'), 'GIF89a two');
      const recorded = files.recorded();
      return await freeze({ file: 'b.yaml', source: 'x', folder, recorded, blobs });
    };
    let change = true;
    writeFileSync(at('a.gif'), 'GIF89a one');
    await expect(freezeNow()).rejects.toThrow('a.gif changed while the batch was being read');
    change = false;
    const frozen = await freezeNow();
    writeFileSync(at('a.gif'), 'GIF89a three');
    const sha256 = (await openFrozen(blobs, frozen)).files.facts('a.gif')?.sha256 ?? '';
    expect(Buffer.from(await blobs.get(sha256)).toString()).toBe('GIF89a two');
  });
});

describe('a pattern', () => {
  it('finds a hundred thousand files at most', async () => {
    mkdirSync(at('many'));
    const made = Math.ceil(Math.sqrt(matchesMax)) + 1;
    // As many ways to a file as there are pairs of links: far fewer names than files found.
    for (let index = 0; index < made; index++) writeFileSync(at(`many/${index}.png`), '');
    mkdirSync(at('links'));
    for (let index = 0; index < made; index++) symlinkSync(at('many'), at(`links/${index}`));
    expect(diskFiles(folder).match('many/*.png')).toHaveLength(made);
    const error = await failure(Promise.try(() => diskFiles(folder).match('links/*/*.png')));
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toContain('more than 100000 files');
  });

  it('ends among links that lead round in circles, and with many stars', () => {
    mkdirSync(at('x/y'), { recursive: true });
    writeFileSync(at(`x/y/${'a'.repeat(200)}.png`), '');
    symlinkSync(folder, at('x/y/loop'));
    const files = diskFiles(folder);
    expect(files.match('**/*.png')).toHaveLength(1);
    expect(files.match(`${'**/'.repeat(30)}*.png`)).toHaveLength(1);
    expect(files.match(`x/y/${'*a'.repeat(60)}b.png`)).toEqual([]);
    expect(files.match(`x/y/${'*a'.repeat(60)}*.png`)).toHaveLength(1);
  });
});
