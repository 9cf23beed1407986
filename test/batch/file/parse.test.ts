import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { batchJsonSchema } from '../../../src/batch/file/json-schema.ts';
import { parseBatch } from '../../../src/batch/file/parse.ts';

const step = (line: string): string => `batch: b\nsteps:\n  one:\n    model: a:b\n    ${line}\n`;

function messages(source: string): string[] {
  const { document, problems } = parseBatch(source, 'b.yaml');
  expect(document === undefined).toBe(problems.length > 0);
  return problems.map(({ place, message, hint }) => {
    return `${place.line}:${place.column} ${message}; ${hint ?? ''}`;
  });
}

describe('parseBatch', () => {
  it.each([
    ['prompt: {{ scene }}', '5:13 a value that starts with {{ needs quotes; write "{{ scene }}"'],
    ['prompt: {{ a }} b', '5:13 a value that starts with {{ needs quotes; write "{{ a }} b"'],
    ['prompt: shot #3 of', '5:13 YAML cuts the text at #3 of'],
    ['rows: [{ sku: 00123 }]', '5:19 YAML reads 00123 as the number 123; write "00123"'],
    ['matrix: { size: [1.0] }', '5:22 YAML reads 1.0 as the number 1; write "1.0"'],
    ['references: *.jpg', '5:17 YAML reads *.jpg as an alias; put the pattern in quotes: "*.jpg"'],
    ['prompt: !x a', 'YAML tags are not taken'],
    ['model: c:d', 'this key is written twice'],
    ['aspectRatoi: 1', '5:5 unknown key aspectRatoi; did you mean aspectRatio?'],
    ['pick: aproved', 'did you mean approved?'],
    ['pick: all', 'pick stands only beside from'],
    ['takes: 101', '5:12 takes is not right; it takes a whole number from 1 to 100'],
    ['from: two', 'there is no step two'],
    ['from: one', 'a step cannot read itself'],
    ['references: { fil: x }', 'unknown key fil; did you mean file?'],
  ])('explains %s', (line, expected) => {
    expect(messages(step(line)).join('\n')).toContain(expected);
  });

  it.each([
    ['%YAML 1.1\n---\nbatch: b\n', '%YAML 1.1 is not taken'],
    ['batch: b\n---\nbatch: c\n', 'more than one YAML document'],
    ['', 'the file is empty'],
    ['- a\n', 'a batch file is a record of keys'],
    [`batch: A\n`, 'batch is not right'],
    [`${step('takes: 2')}budget: { a: 900 }\n`, 'such as "900 credits"'],
    [`${step('takes: 2')}budget: { a: 3 eur }\n`, '"900 credits" or "12.50 usd"'],
    [`${step('takes: 2')}models: { m: {} }\n`, 'neither use nor train'],
    [`${step('takes: 2')}extra: 1\n`, 'unknown key extra'],
  ])('explains the file %j', (source, expected) => {
    expect(messages(source).join('\n')).toContain(expected);
  });

  it('lets numbers under options, comments and keys that begin with x- be', () => {
    const source = `x-mine: &m { seed: 7 } # note\n${step('options: { a: 1.0 } # why')}    <<: *m\n`;
    const { document } = parseBatch(source, 'b.yaml');
    expect(document?.steps[0]).toMatchObject({ seed: 7, options: { a: 1 }, takes: 1, pick: 'all' });
    expect(document?.place(['steps', 'one', 'seed'])).toMatchObject({ line: 1, column: 20 });
  });

  it('keeps steps in the order written, also when their names are numbers', () => {
    const steps = ['10', '2'].map((name) => `  ${name}: { model: a:b }\n`).join('');
    const { document } = parseBatch(`batch: b\nsteps:\n${steps}`, 'b.yaml');
    expect(document?.steps.map(({ name }) => name)).toEqual(['10', '2']);
  });

  it('stops aliases that expand without end', () => {
    const levels = Array.from({ length: 8 }, (_, level) => {
      const inner = level === 0 ? 'x' : `*l${level - 1}`;
      return `x-${level}: &l${level} [${Array(10).fill(inner).join(', ')}]\n`;
    });
    expect(messages(levels.join('')).join()).toContain('too large');
  });

  const folder = new URL('../../../batches/', import.meta.url);
  const files = existsSync(folder) ? readdirSync(folder).filter((f) => /^\d.*\.yaml$/.test(f)) : [];
  it('accepts every batch of this repository', () => {
    for (const file of files) {
      const { problems } = parseBatch(readFileSync(new URL(file, folder), 'utf8'), file);
      expect(problems, file).toEqual([]);
    }
  });

  it('has its JSON schema written down', () => {
    const file = new URL('../../../schema/batch.schema.json', import.meta.url);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(batchJsonSchema());
  });
});
