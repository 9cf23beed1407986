import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openRows } from '../../../src/batch/data/data.ts';

function open(name: string, text: string | Uint8Array, found: readonly string[] = []) {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  return openRows(name, { read: () => bytes, match: () => found, facts: () => undefined });
}

function rowsOf(result: ReturnType<typeof openRows>): unknown[] {
  if (!result.ok) throw new Error(result.message);
  return [...result.table].map((row) => [row.number, row.origin?.line, row.values]);
}

describe('openRows', () => {
  it('reads a table as spreadsheets write it', () => {
    const text =
      '\ufeffid;Product Name;a\r\n1;"two\r\nlines";x\r\n\r\n;;\r\n00123; TV 55" mount ;" y "\r\n';
    expect(rowsOf(open('a.csv', text))).toEqual([
      [1, 2, { id: '1', Product_Name: 'two\nlines', a: 'x' }],
      [2, 6, { id: '00123', Product_Name: 'TV 55" mount', a: 'y' }],
    ]);
  });

  it('separates .tsv by tabs whatever the header holds', () => {
    expect(rowsOf(open('a.tsv', 'a,b,c\td\n1\t2\n'))).toEqual([[1, 2, { a_b_c: '1', d: '2' }]]);
  });

  it.each([
    ['short line', 'id,a\n1\n', 2, 'this line has 1 cell, the header has 2 cells'],
    ['long line', 'id,a\n1,2,3\n', 2, 'this line has 3 cells, the header has 2 cells'],
    ['repeated header', 'id,id\n1,2\n', 1, 'two columns are called id'],
    ['empty header', 'id,\n1,2\n', 1, 'column 2 has no name'],
    ['no rows', 'id\n', undefined, 'a.csv has no rows'],
    ['nothing', '', undefined, 'a.csv has no rows'],
  ])('refuses a %s with its line', (_what, text, line, message) => {
    const result = open('a.csv', text);
    expect(result).toMatchObject({ ok: false, message, file: 'a.csv' });
    expect('line' in result ? result.line : undefined).toBe(line);
  });

  it('gives back every cell of a quoted table', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', ';', ' b', '\n', 'é') });
    const table = fc.array(fc.tuple(cell, cell), { minLength: 1 });
    fc.assert(
      fc.property(table, (records) => {
        const cells = records.map((record) => record.map((text) => `${text}.`.trim()));
        const lines = cells.map((record) =>
          record.map((text) => `"${text.replaceAll('"', '""')}"`).join(','),
        );
        const read = rowsOf(open('a.csv', ['x,y', ...lines].join('\n')));
        expect(read).toEqual(
          cells.map(([x, y], index) => [index + 1, expect.any(Number), { x, y }]),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('unites the keys of all lines of a .jsonl file and keeps types', () => {
    expect(rowsOf(open('a.jsonl', '{"a":1}\n\n{"b":["x"]}\n'))).toEqual([
      [1, 1, { a: 1, b: null }],
      [2, 3, { a: null, b: ['x'] }],
    ]);
  });

  it.each(['[1]', '{a', 'null'])('refuses the .jsonl line %s', (line) => {
    expect(open('a.jsonl', `{"a":1}\n${line}\n`)).toMatchObject({ ok: false, line: 2 });
  });

  it('reads lines of text, files of a pattern and records of a list', () => {
    expect(rowsOf(open('a.txt', 'x\n\n y \r\n'))).toEqual([
      [1, 1, { line: 'x' }],
      [2, 3, { line: 'y' }],
    ]);
    expect(rowsOf(open('p/*.jpg', '', ['p/a.b.jpg']))).toEqual([
      [1, undefined, { file: 'p/a.b.jpg', stem: 'a.b' }],
    ]);
    const files = { read: () => undefined, match: () => [], facts: () => undefined };
    expect(rowsOf(openRows([{ a: 1 }, { b: 2 }], files))).toEqual([
      [1, undefined, { a: 1, b: null }],
      [2, undefined, { a: null, b: 2 }],
    ]);
  });

  it('says what to do about files that are missing, of another kind or not UTF-8', () => {
    const files = { read: () => undefined, match: () => ['looks.csv'], facts: () => undefined };
    expect(openRows('loks.csv', files)).toMatchObject({ ok: false, didYouMean: 'looks.csv' });
    expect(open('p/*.jpg', '')).toMatchObject({ message: 'no file matches p/*.jpg' });
    expect(open('a.xlsx', '')).toMatchObject({ hint: 'export the sheet as CSV (UTF-8)' });
    expect(open('a.csv', new Uint8Array([0xff, 0xfe, 0]))).toMatchObject({
      message: 'a.csv is not UTF-8',
    });
  });
});
