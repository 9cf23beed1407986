import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkBatch } from '../../src/batch/checks/check-batch.ts';
import { parseBatch } from '../../src/batch/file/parse.ts';
import { formatProblems } from '../../src/batch/file/report-problems.ts';
import { catalogue, memoryFiles } from '../batch/catalogue.ts';
import { stepText } from '../batch/plan.ts';

/** Reads and checks a file as `validate` does. @returns the messages of its mistakes */
function validate(source: string, data = ''): string[] {
  const { document, sound, problems } = parseBatch(source, 'b.yaml');
  const context = {
    files: memoryFiles({ 'a.csv': data, 'a.jsonl': data, 'a.txt': data }),
    catalogue,
  };
  const all = [document, sound].flatMap((each) => (each ? checkBatch(each, context) : []));
  const found = [...problems, ...all].filter(({ severity }) => severity === 'error');
  expect(formatProblems(found, () => source)).toEqual(expect.any(String));
  return found.map(({ message }) => message);
}
const drawn = (prompt: string): string =>
  stepText(
    `rows: a.csv\nmodel: studio:painter\nprompt: ${JSON.stringify(prompt)}\nname: "{{ id }}"`,
  );

describe('whatever a person writes', () => {
  const pieces = [
    '{{',
    '}}',
    '{%',
    '%}',
    ' if ',
    ' endif ',
    'for x in ',
    '|',
    ' append: ',
    'id',
    '"',
    "'",
    ':',
    '\n',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '*a',
    '&a',
    '<<',
    '!!',
    '#',
    '\t',
    ' ',
    '..',
    '(1..9)',
    '\\',
    'é',
    '0',
    '%',
    'batch: b',
    'steps:',
    'model',
    'prompt',
    'rows',
    'where',
    'null',
    '|-',
    '>',
    '---',
    '@',
    '`',
    '?',
  ];
  const text = fc
    .array(fc.constantFrom(...pieces), { maxLength: 30 })
    .map((parts) => parts.join(''));

  it('as a batch file ends in a list of mistakes', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (source) => {
        expect(Array.isArray(validate(source))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('as a prompt or in a cell ends in a shot or a list of mistakes', () => {
    fc.assert(
      fc.property(text, text, (prompt, cell) => {
        expect(Array.isArray(validate(drawn(prompt), `id\n${cell}\n`))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['ifs in ifs', `${'{% if id %}'.repeat(20_000)}x${'{% endif %}'.repeat(20_000)}`],
    ['filters after filters', `{{ id ${'| append: id '.repeat(20_000)}}}`],
    ['brackets in brackets', `{{ id${'[id'.repeat(20_000)}${']'.repeat(20_000)} }}`],
    ['megabytes', 'x'.repeat(3_000_000)],
    ['ends that never come', '{{ '.repeat(100_000)],
  ])('with %s ends too', (_, prompt) => {
    expect(validate(drawn(prompt), 'id\na\n').length).toBeGreaterThan(0);
  });
});
