import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type SheetData,
  type SheetShot,
  renderContactSheet,
  writeContactSheet,
} from '../../src/report/contact-sheet.ts';

const shot = (changes: Partial<SheetShot> = {}): SheetShot => ({
  key: 'portraits/linen',
  name: 'linen',
  origin: 'looks.csv:2',
  state: 'succeeded',
  account: 'studio',
  model: 'studio:large',
  prompt: 'a linen suit',
  files: [],
  ...changes,
});
const sheet = (shots: readonly SheetShot[], batch = 'autumn'): SheetData => ({
  batch,
  state: 'finished',
  directory: 'out/autumn',
  madeAt: '2026-01-02T03:04:05.000Z',
  accounts: [{ account: 'studio', unit: 'credits', spent: '12.5' }],
  steps: [{ name: 'portraits', shots }],
});
const payload = (page: string): SheetData =>
  JSON.parse(/<script type="application\/json" id="data">([^<]*)<\/script>/.exec(page)?.[1] ?? '');

describe('the contact sheet', () => {
  it('carries its data unchanged and inert, whatever the texts hold', async () => {
    const nasty = fc.oneof(
      fc.constantFrom(
        '</script><script>alert(1)</script>',
        '<!--<script>',
        '"\'`$&',
        '<!--style-->',
      ),
      fc.string({ unit: 'binary' }),
    );
    const plain = (await renderContactSheet(sheet([shot()]))).match(/<\/?script/gi)?.length;
    await fc.assert(
      fc.asyncProperty(nasty, nasty, async (prompt, batch) => {
        const data = sheet([shot({ prompt, name: prompt, reason: prompt })], batch);
        const page = await renderContactSheet(data);
        expect(payload(page)).toEqual(JSON.parse(JSON.stringify(data)));
        expect(page.match(/<\/?script/gi)).toHaveLength(plain ?? 0);
      }),
      { numRuns: 60 },
    );
  });

  it('allows its own style and script by their hashes, and no request', async () => {
    const page = await renderContactSheet(sheet([shot()]));
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    expect(policy).toContain("default-src 'none'");
    for (const tag of ['style', 'script']) {
      const inside = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(page)?.[1] ?? '';
      const hash = createHash('sha256').update(inside).digest('base64');
      expect(policy).toContain(`${tag}-src 'sha256-${hash}'`);
    }
    expect(page).not.toMatch(/https?:|@import|url\(|\bfetch\(|XMLHttpRequest|innerHTML/);
  });

  it('writes text into the document only as text', async () => {
    const script = await readFile(
      new URL('../../src/report/sheet/sheet.js', import.meta.url),
      'utf8',
    );
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b/);
  });

  it('holds 2,000 images in under three megabytes', async () => {
    const sha256 = 'a'.repeat(64);
    const file = { mime: 'image/png', width: 1_024, height: 1_024, sha256 };
    const shots = Array.from({ length: 2_000 }, (_, index) =>
      shot({
        key: `portraits/linen-${index}`,
        prompt: 'a linen suit in the evening light of a harbour town, '.repeat(6),
        files: [{ ...file, path: `portraits/linen-${index}.png`, thumb: `_thumbs/${sha256}.webp` }],
      }),
    );
    const page = await renderContactSheet(sheet(shots));
    expect(page.length).toBeLessThan(3_000_000);
  });

  it('is written whole, and warns instead of failing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'shotlist-sheet-'));
    const warnings: string[] = [];
    const warn = (message: string): unknown => warnings.push(message);
    expect(await writeContactSheet(folder, sheet([shot()]), warn)).toBe(join(folder, 'index.html'));
    expect(await readdir(folder)).toEqual(['index.html']);
    expect(warnings).toEqual([]);
    await rm(folder, { recursive: true });
    expect(await writeContactSheet(folder, sheet([shot()]), warn)).toBeUndefined();
    expect(warnings).toHaveLength(1);
  });
});
