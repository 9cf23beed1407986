import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cleanName,
  defaultName,
  foldName,
  isExtraName,
  outputFileName,
  outputName,
  takeName,
} from '../../src/batch/names.ts';
import { UserError } from '../../src/errors.ts';

describe('cleanName', () => {
  it.each([
    ['T-77/A', 'T-77-A'],
    ['4:5', '4-5'],
    ['linen suit, Lisbon', 'linen-suit-Lisbon'],
    ['../../etc/passwd', 'etc-passwd'],
    ['..', undefined],
    ['???', undefined],
    ['', undefined],
    ['Søn Ø東京 9', 'Søn-Ø東京-9'],
    ['Cafe\u0301', 'Caf\u00e9'],
    ['con', 'con_'],
    ['NUL.txt', 'NUL_.txt'],
    ['com¹', 'com'],
    ['lpt9', 'lpt9_'],
    ['console', 'console'],
    ['a_b.c', 'a_b.c'],
  ])('makes %j %j', (text, clean) => {
    if (clean === undefined) expect(() => cleanName(text)).toThrow(UserError);
    else expect(cleanName(text)).toBe(clean);
  });

  it('cuts long names apart from each other', () => {
    const one = cleanName(`${'é'.repeat(100)} one`);
    const two = cleanName(`${'é'.repeat(100)} two`);
    expect(one).not.toBe(two);
    expect(Buffer.byteLength(one)).toBeLessThanOrEqual(120);
    expect(one).toMatch(/-[0-9a-f]{6}$/);
  });

  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    fc.constantFrom('con', 'CON.a', 'aux.', 'com1', ' nul ', 'a'.repeat(300)),
  );

  it('gives a safe file name on every system, or refuses', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const name = cleanedOrUndefined(text);
        if (name === undefined) return;
        expect(name).toMatch(/^[\p{L}\p{M}\p{Nd}._-]+$/u);
        expect(name).not.toMatch(/^[.-]|[.-]$/);
        expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(120);
        expect(cleanName(name)).toBe(name);
      }),
    );
  });
});

function cleanedOrUndefined(text: string): string | undefined {
  try {
    return cleanName(text);
  } catch {
    return undefined;
  }
}

describe('the name of a shot', () => {
  it('has its take from the second on, and numbers when it has several files', () => {
    expect(takeName('linen', 1)).toBe('linen');
    expect(takeName('linen', 2)).toBe('linen--t2');
    expect(outputFileName('linen--t2', 0, 1, 'png')).toBe('linen--t2.png');
    expect(outputFileName('linen', 3, 4, '.png')).toBe('linen--4.png');
    expect(outputFileName('linen', 1, 1, 'png')).toBe('linen+2.png');
    expect(outputFileName('linen', 4, 4, 'png')).toBe('linen+5.png');
    expect(foldName('Cafe\u0301')).toBe(foldName('CAF\u00c9'));
  });

  it('is never that of a file beyond those that were ordered', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(9), fc.nat(9), (text, index, ordered) => {
        const name = cleanedOrUndefined(text) ?? 'a';
        const extra = outputFileName(name, ordered + index, ordered, 'png').replace(/\.png$/, '');
        expect(cleanName(extra)).not.toBe(extra);
        expect(isExtraName(outputName(name, ordered + index, ordered))).toBe(true);
      }),
    );
  });

  it.each([
    [{ step: 'foxes', axes: [] }, 'foxes'],
    [{ step: 'a', row: 7, axes: [{ name: 'seed', value: 7 }] }, '0007-seed-7'],
    [{ step: 'a', source: 'linen--t2', axes: [{ name: 'on', value: true }] }, 'linen--t2-on-true'],
    [{ step: 'a', axes: [{ name: 'place', value: { city: 'Oslo', x: 1 } }] }, 'Oslo'],
    [{ step: 'a', axes: [{ name: 'look', value: 'x'.repeat(80) }] }, 'x'.repeat(60)],
    [
      { step: 'a', axes: [{ name: 'prompt', value: 'y'.repeat(80), position: 2 }] },
      `2-${'y'.repeat(40)}`,
    ],
  ])('is built of source, row and axes when the step gives none: %j', (parts, name) => {
    expect(defaultName(parts)).toBe(name);
  });
});
