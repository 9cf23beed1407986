import { describe, expect, it } from 'vitest';
import { openRows } from '../../src/batch/data/data.ts';
import { documentOf, mistakesOf, shotsOf, stepText } from '../batch/plan.ts';
import { checkBatch } from '../../src/batch/checks/check-batch.ts';
import { catalogue, memoryFiles } from '../batch/catalogue.ts';

function open(name: string, content: string | Uint8Array) {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return openRows(name, { read: () => bytes, match: () => [], facts: () => undefined });
}

describe('a hostile data file', () => {
  it('is refused as UTF-16, with its mark and without', () => {
    const marked = Buffer.from('\uFEFFid,a\r\n1,2\r\n', 'utf16le');
    expect(open('a.csv', marked)).toMatchObject({ ok: false, message: 'a.csv is not UTF-8' });
    expect(open('a.csv', Buffer.from('id,a\r\n1,2\r\n', 'utf16le'))).toMatchObject({
      ok: false,
      message: 'a.csv holds NUL characters',
      line: 1,
    });
  });

  it.each(['csv', 'tsv', 'jsonl', 'txt'])('may hold no NUL and no broken UTF-8: .%s', (kind) => {
    expect(open(`a.${kind}`, 'id\nx\ny\0z\n')).toMatchObject({ ok: false, line: 3 });
    expect(open(`a.${kind}`, Buffer.from([0x69, 0x64, 0x0a, 0xc3, 0x28]))).toMatchObject({
      message: `a.${kind} is not UTF-8`,
    });
  });

  it('has no tens of thousands of columns', () => {
    const header = Array.from({ length: 50_000 }, (_, index) => `c${index}`).join(',');
    expect(open('a.csv', `${header}\n1\n`)).toMatchObject({
      ok: false,
      message: 'a.csv has more than 10000 columns',
    });
    const lines = Array.from({ length: 10_001 }, (_, index) => `{"k${index}":1}`);
    expect(open('a.jsonl', lines.join('\n'))).toMatchObject({
      message: 'a.jsonl has more than 10000 columns',
    });
  });

  it('may have a line of ten megabytes, but none that is nested deeply', () => {
    const large = JSON.stringify({ text: 'x'.repeat(10_000_000) });
    expect(open('a.jsonl', large)).toMatchObject({ ok: true });
    const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    expect(open('a.jsonl', `{}\n${deep}`)).toMatchObject({
      ok: false,
      line: 2,
      hint: 'it is nested deeper than 64 levels',
    });
    expect(open('a.jsonl', `{"a":"${'['.repeat(100)}\\\\\\"${'{'.repeat(100)}"}`)).toMatchObject({
      ok: true,
    });
  });

  it('with an open quote ends in an error with its line', () => {
    expect(open('a.csv', `id,a\n1,"${'x\n'.repeat(10_000)}`)).toMatchObject({ ok: false });
  });

  it('reaches no prototype by its columns', () => {
    const step = stepText(
      'rows: a.jsonl\nmodel: studio:painter\nprompt: "{{ __proto__ }} {{ x }}"',
    );
    const files = { 'a.jsonl': '{"__proto__": "owned", "x": "{{ y }}"}' };
    expect(shotsOf(step, files).map(({ request }) => request.prompt)).toEqual(['owned {{ y }}']);
    expect(mistakesOf(step.replace('__proto__', 'constructor'), files)).toEqual([
      'unknown variable constructor',
    ]);
  });
});

describe('a step that would never end', () => {
  it('is refused by its number of combinations', () => {
    const axis = `[${Array.from({ length: 40 }, (_, index) => index).join(', ')}]`;
    const axes = ['a', 'b', 'c', 'd', 'e'].map((name) => `  ${name}: ${axis}`).join('\n');
    const step = `matrix:\n${axes}\nmodel: studio:painter\nprompt: "{{ a }}{{ b }}{{ c }}{{ d }}{{ e }}"`;
    expect(mistakesOf(stepText(step))).toEqual([
      'rows and axes make 102,400,000 combinations; a step takes 1,000,000',
    ]);
  });

  it('does not come of sixty steps that read all the earlier ones', () => {
    const steps = Array.from({ length: 60 }, (_, index) => {
      const from = Array.from({ length: index }, (_, earlier) => `s${earlier}`).join(', ');
      const reads = index === 0 ? '' : `from: [${from}], `;
      return `  s${index}: { ${reads}model: studio:painter, prompt: x, aspectRatio: "9:9" }`;
    });
    const document = documentOf(`batch: b\nsteps:\n${steps.join('\n')}\n`);
    const problems = checkBatch(document, { files: memoryFiles({}), catalogue });
    expect(problems.length).toBeGreaterThan(0);
  });

  it('does not come of a template that loops or doubles', () => {
    const loop = '{% for i in (1..9999) %}{% for j in (1..9999) %}{{ i }}{% endfor %}{% endfor %}';
    const doubled = `{% assign a = "xxxxxxxx" %}${'{% assign a = a | append: a %}'.repeat(40)}{{ a }}`;
    for (const prompt of [loop, doubled]) {
      const step = stepText(`model: studio:painter\nprompt: '${prompt}'`);
      expect(mistakesOf(step)[0]).toMatch(/limit/);
    }
  });
});
