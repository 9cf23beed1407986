import { describe, expect, it } from 'vitest';
import { parseBatch } from '../../src/batch/file/parse.ts';
import { readYaml } from '../../src/batch/file/yaml-file.ts';

/** The messages of a file that is refused; an empty list means that it was taken. */
function refusals(source: string): string[] {
  const read = readYaml(source, 'b.yaml');
  return read.problems.map(({ message }) => message);
}
const sound = 'batch: b\nsteps:\n  draw:\n    model: acme:one\n    prompt: x\n';
const tooLarge = 'the aliases expand to too large a value';

describe('a hostile batch file', () => {
  it('cannot grow by aliases that stand for aliases', () => {
    const lines = ['x-0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level <= 12; level++)
      lines.push(
        `x-${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      );
    expect(refusals(lines.join('\n'))).toEqual([tooLarge]);
  });

  it('cannot grow by one large value that stands in many places', () => {
    const list = `x-a: &a [${Array(30_000).fill('x').join(', ')}]`;
    expect(refusals(`${list}\nx-b: [${Array(500).fill('*a').join(', ')}]`)).toEqual([tooLarge]);
  });

  it('cannot grow by merge keys', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: x`).join(', ');
    const rows = Array(900).fill('  - <<: *a').join('\n');
    expect(refusals(`x-a: &a {${keys}}\nx-b:\n${rows}`)).toEqual([tooLarge]);
  });

  it('cannot keep the parser busy with tens of thousands of aliases, keys or faults', () => {
    expect(refusals(`x-a: &a x\nx-b: [${Array(50_000).fill('*a').join(',')}]`)).toEqual([tooLarge]);
    const keys = Array.from({ length: 30_000 }, (_, index) => `  k${index}: x`).join('\n');
    expect(refusals(`${sound}vars:\n${keys}`)).toEqual([]);
    const numbers = `${sound}vars:\n  a:\n${'  - 00123\n'.repeat(30_000)}`;
    expect(refusals(numbers)).toHaveLength(100);
    expect(refusals('"\n'.repeat(3_000)).length).toBeGreaterThan(0);
  });

  it.each([
    ['lists', `x: ${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['records', `x: ${'{a: '.repeat(20_000)}1${'}'.repeat(20_000)}`],
    ['a few too many', `x: ${'['.repeat(80)}${']'.repeat(80)}`],
  ])('may not be nested deeply: %s', (_, source) => {
    expect(refusals(source)).toEqual(['the file is nested deeper than 64 levels']);
  });

  it.each(['!!js/function "function () {}"', '!!python/object:os.system x', '!local x'])(
    'has no tags: %s',
    (value) => {
      expect(refusals(`x: ${value}`)[0]).toMatch(/^YAML tags are not taken/);
    },
  );

  it('has no key twice, at any depth, nor two merge keys', () => {
    expect(refusals('a: 1\na: 2')).toEqual(['this key is written twice']);
    expect(refusals('a: {b: [{c: 1, c: 2}]}')).toEqual(['this key is written twice']);
    expect(refusals('a: &a {x: 1}\nb: {<<: *a, <<: *a}')).toEqual(['this key is written twice']);
  });

  it('has no control characters but tab and line ends', () => {
    expect(refusals('batch: a\0b')).toEqual(['the file holds the control character U+0000']);
    expect(refusals('batch: "\u001b[31mred"')).toEqual([
      'the file holds the control character U+001B',
    ]);
    const [problem] = parseBatch('batch: b\nsteps: \u0007', 'b.yaml').problems;
    expect(problem?.place).toMatchObject({ line: 2, column: 8 });
  });

  it('may have a byte order mark, CRLF and tabs between tokens', () => {
    expect(refusals(`\uFEFF${sound}`)).toEqual([]);
    expect(refusals(sound.replaceAll('\n', '\r\n').replace(': b', ':\tb'))).toEqual([]);
    expect(refusals(sound.replaceAll('  draw', '\tdraw'))[0]).toMatch(/^this is not YAML/);
  });

  it('is refused above 10 MB', () => {
    expect(refusals(`${sound}# ${'x'.repeat(10 * 1024 * 1024)}`)).toEqual([
      'the batch file is larger than 10 MB',
    ]);
  });

  it.each(['__proto__', 'constructor', 'toString'])('changes nothing by a key %s', (key) => {
    const source = `batch: b\nbudget: { ${key}: 1 credits }\nvars: { ${key}: { polluted: yes } }
models: { ${key}: { use: acme:one } }\nsteps: { ${key}: { model: acme:one } }`;
    parseBatch(source, 'b.yaml');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
