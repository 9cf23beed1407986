import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cleanName, foldName, outputFileName, takeName } from '../../src/batch/names.ts';
import { parseBatch } from '../../src/batch/file/parse.ts';
import { UserError } from '../../src/errors.ts';
import { makeThumbnails } from '../../src/report/thumbnails.ts';
import { folderBlobs } from '../../src/storage/folder-blobs.ts';
import { keepOld } from '../../src/storage/old-folder.ts';
import { batchFolder, type MaterialItem } from '../../src/storage/out-files.ts';
import { materialise, retire } from '../../src/storage/out-tree.ts';
import { mistakesOf, shotsOf, stepText } from '../batch/plan.ts';

/** What every disk takes as a plain name, whatever it is mounted on. */
function expectPlain(name: string): void {
  expect(name).toBe(name.normalize('NFC'));
  expect(name).toMatch(/^[\p{L}\p{M}\p{Nd}._-]+$/u);
  expect(name).not.toMatch(/^[.-]|[. -]$/);
  expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(120);
  expect(cleanName(name)).toBe(name);
}

describe('a name out of a template', () => {
  it.each([
    ['../../etc/passwd', 'etc-passwd'],
    ['/etc/passwd', 'etc-passwd'],
    [String.raw`C:\Windows\x`, 'C-Windows-x'],
    [String.raw`\\server\share`, 'server-share'],
    ['file:stream', 'file-stream'],
    ['CON', 'CON_'],
    ['nul.txt', 'nul_.txt'],
    ['Com1', 'Com1_'],
    ['COM¹', 'COM'],
    ['a. . .', 'a'],
    ['a\0b', 'a-b'],
    ['photo\u202egnp.exe', 'photo-gnp.exe'],
    ['a\u200bb\u2066c', 'a-b-c'],
    ['~root', 'root'],
    ['-rf', 'rf'],
    ['$(rm -rf .)', 'rm--rf'],
    ['<script>', 'script'],
  ])('%j becomes %s', (written, name) => {
    expect(cleanName(written)).toBe(name);
    expectPlain(name);
  });

  it.each(['', ' ', '.', '..', '...', '/', '\0', '\u202e', '-', '💥'])(
    'leaves none: %j',
    (written) => {
      expect(() => cleanName(written)).toThrow(UserError);
    },
  );

  it('is plain whatever it was', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({
        unit: fc.constantFrom('.', '-', ' ', '/', 'ß', 'é', 'e\u0301', 'n', 'u', 'l'),
        maxLength: 200,
      }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          expectPlain(cleanName(text));
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
        }
      }),
      { numRuns: 100 },
    );
  });

  it('of 300 characters is cut, told apart by its end, and fits with every suffix', () => {
    const [one, other] = ['a', 'b'].map((end) => cleanName('語'.repeat(300) + end));
    expect(one).not.toBe(other);
    const whole = outputFileName(takeName(one ?? '', 100), 99, 100, 'webp');
    expect(Buffer.byteLength(whole)).toBeLessThanOrEqual(255);
  });

  it.each([
    ['letter case', 'Linen', 'LINEN'],
    ['composed and decomposed letters', 'caf\u00e9', 'cafe\u0301'],
    ['letters that fold into two', 'straße', 'STRASSE'],
    ['the long s', 'ſuit', 'suit'],
    ['the sign for kelvin', '\u212aelvin', 'kelvin'],
    ['ligatures', 'o\ufb03ce', 'OFFICE'],
    ['Greek sigmas', 'ΟΔΟΣ', 'οδος'],
  ])('that differs by %s alone is one file', (_, one, other) => {
    expect(foldName(cleanName(one))).toBe(foldName(cleanName(other)));
    const rows = `rows: [{ n: "${one}" }, { n: "${other}" }]`;
    const step = stepText(`${rows}\nmodel: studio:painter\nprompt: "{{ n }}"\nname: "{{ n }}"`);
    expect(mistakesOf(step)[0]).toMatch(/^two shots are called/);
  });

  it('that only looks alike is another file, and so is the dotless i', () => {
    const rows = 'rows: [{ n: "sır" }, { n: "sir" }, { n: "ѕir" }]';
    const step = stepText(`${rows}\nmodel: studio:painter\nprompt: "{{ n }}"\nname: "{{ n }}"`);
    expect(shotsOf(step)).toHaveLength(3);
  });

  it.each(['con', 'aux', 'nul', 'com1', 'lpt9', '..', 'a/b', '_old', 'A', ''])(
    'of a batch or step is not %j',
    (name) => {
      const of = (batch: string, step: string): number =>
        parseBatch(`batch: "${batch}"\nsteps: { "${step}": { model: a:b } }`, 'b.yaml').problems
          .length;
      expect([of(name, 'draw'), of('b', name), of('b', 'draw')].map((count) => count > 0)).toEqual([
        true,
        true,
        false,
      ]);
    },
  );
});

describe('a link inside out/', () => {
  let folder: string;
  let out: string;
  let elsewhere: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shotlist-names-'));
    out = join(folder, 'out');
    elsewhere = join(folder, 'elsewhere');
    mkdirSync(join(out, 'autumn/portraits'), { recursive: true });
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'mine.txt'), 'mine');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const nothingElsewhere = (): void => {
    expect(readdirSync(elsewhere)).toEqual(['mine.txt']);
    expect(readFileSync(join(elsewhere, 'mine.txt'), 'utf8')).toBe('mine');
  };
  async function itemOf(text: string): Promise<[MaterialItem, ReturnType<typeof folderBlobs>]> {
    const blobs = folderBlobs(join(folder, 'blobs'));
    const sha256 = await blobs.put(Buffer.from(text));
    const file = { step: 'portraits', fileName: 'linen.png', sha256, knownShas: [sha256] };
    return [{ ...file, sidecar: { sha256 } }, blobs];
  }

  it.each(['autumn', 'autumn/portraits', 'autumn/_old', 'autumn/_old/portraits', 'autumn/_thumbs'])(
    'that is %s leads nothing out',
    async (place) => {
      for (const target of [elsewhere, join(folder, 'nowhere')]) {
        rmSync(join(out, place), { recursive: true, force: true });
        mkdirSync(join(out, place, '..'), { recursive: true });
        symlinkSync(target, join(out, place));
        const [item, blobs] = await itemOf('one');
        const writeAll = async (): Promise<void> => {
          const batch = await batchFolder(out, 'autumn');
          await makeThumbnails(batch, [], blobs);
        };
        const results = await Promise.allSettled([
          writeAll(),
          materialise(out, 'autumn', item, blobs),
          keepOld(out, 'autumn', { ...item, fileName: 'old.png' }, blobs),
          retire(out, 'autumn', item),
        ]);
        expect(results.some(({ status }) => status === 'rejected')).toBe(true);
        nothingElsewhere();
        expect(readdirSync(folder)).not.toContain('nowhere');
      }
    },
  );

  it.each(['linen.png', 'linen.json'])(
    'that is the file %s stays, unread and unwritten',
    async (name) => {
      symlinkSync(join(elsewhere, 'mine.txt'), join(out, 'autumn/portraits', name));
      const [item, blobs] = await itemOf('one');
      await materialise(out, 'autumn', item, blobs);
      await retire(out, 'autumn', item);
      nothingElsewhere();
    },
  );

  it('out/ itself may be, to a larger disk', async () => {
    rmSync(out, { recursive: true });
    symlinkSync(elsewhere, out);
    const [item, blobs] = await itemOf('one');
    expect(await materialise(out, 'autumn', item, blobs)).toBe('written');
    expect(readdirSync(join(elsewhere, 'autumn/portraits'))).toEqual(['linen.json', 'linen.png']);
  });
});
