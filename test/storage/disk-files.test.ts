import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskFiles } from '../../src/storage/disk-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shotlist-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), path);
  }
}

describe('diskFiles', () => {
  it('matches within a folder, ignores letter case and skips hidden files', () => {
    write(
      'photos/b.JPG',
      'photos/a.jpg',
      'photos/.hidden.jpg',
      'photos/deep/c.jpg',
      'photos/d.png',
    );
    expect(diskFiles(folder).match('photos/*.jpg')).toEqual(['photos/a.jpg', 'photos/b.JPG']);
    expect(diskFiles(folder).match('PHOTOS/?.jpg')).toEqual(['photos/a.jpg', 'photos/b.JPG']);
  });

  it('matches at any depth, the top included', () => {
    write('a.jpg', 'x/b.jpg', 'x/y/c.jpg', '.git/d.jpg');
    expect(diskFiles(folder).match('**/*.jpg')).toEqual(['a.jpg', 'x/b.jpg', 'x/y/c.jpg']);
    expect(diskFiles(folder).match('x/**')).toEqual(['x/b.jpg', 'x/y/c.jpg']);
  });

  it('does not follow links round in circles', () => {
    write('x/a.jpg');
    symlinkSync(folder, join(folder, 'x/loop'));
    expect(diskFiles(folder).match('**/*.jpg')).toEqual(['x/a.jpg']);
  });

  it('reads absolute patterns and patterns above the folder', () => {
    write('photos/a.jpg');
    expect(diskFiles('/').match(`${folder}/photos/*`)).toEqual([`${folder}/photos/a.jpg`]);
    expect(diskFiles(join(folder, 'batches')).match('../photos/*')).toEqual(['../photos/a.jpg']);
  });

  it('prefers the file whose name is the pattern', () => {
    write('what?.jpg', 'what1.jpg', 'shot [1] (final).jpg');
    expect(diskFiles(folder).match('what?.jpg')).toEqual(['what?.jpg']);
    expect(diskFiles(folder).match('shot [1] (*).jpg')).toEqual(['shot [1] (final).jpg']);
    expect(diskFiles(folder).match('none.jpg')).toEqual([]);
  });

  it('finds names whichever way their accents are written', () => {
    write('cafe\u0301.jpg');
    expect(diskFiles(folder).match('caf\u00e9*')).toEqual(['cafe\u0301.jpg']);
  });

  it('answers undefined for what is no file', () => {
    write('a/b.txt');
    const files = diskFiles(folder);
    for (const path of ['a', 'nope', 'a/b.txt/c', 'bad\0name', 'x'.repeat(5_000)]) {
      expect(files.read(path)).toBeUndefined();
      expect(files.facts(path)).toBeUndefined();
    }
  });

  it('tells an image by its bytes and hashes it again once it changed', () => {
    const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
    writeFileSync(join(folder, 'p.txt'), png);
    const files = diskFiles(folder);
    const before = files.facts('p.txt');
    expect(before).toMatchObject({ mime: 'image/png', bytes: 16 });
    expect(files.facts('p.txt')).toBe(before);
    writeFileSync(join(folder, 'p.txt'), 'sixteen letters.');
    utimesSync(join(folder, 'p.txt'), 1, 1);
    expect(files.facts('p.txt')).toMatchObject({ mime: undefined, bytes: 16 });
    expect(files.facts('p.txt')?.sha256).not.toBe(before?.sha256);
  });
});
