import { describe, expect, it } from 'vitest';
import { checkBatch } from '../../../src/batch/checks/check-batch.ts';
import { catalogue, memoryFiles, images, studio } from '../catalogue.ts';
import { documentOf, mistakesOf, stepText } from '../plan.ts';

const painter = 'model: studio:painter';
const rows = 'rows: [{ id: a, k: x }, { id: b, k: x }]';

describe('checkBatch refuses', () => {
  it.each<[string, string, string]>([
    ['an unknown variable', `${painter}\nprompt: "{{ colour }}"`, 'unknown variable colour'],
    ['one inside if', `${painter}\nprompt: "a {% if typo %}b{% endif %}"`, 'unknown variable typo'],
    [
      'an unknown field of a record',
      `matrix: { p: [{ city: a }] }\n${painter}\nprompt: "{{ p.town }}"`,
      'unknown variable p.town',
    ],
    [
      'a blank',
      `rows: [{ id: a, t: x }, { id: b }]\n${painter}\nprompt: "{{ id }} {{ t }}"\nname: "{{ id }}"`,
      't is blank',
    ],
    [
      'an unused axis',
      `matrix: { p: [a, b] }\n${painter}\nprompt: a`,
      'no request uses the axis p: its values would make the same image',
    ],
    [
      'an axis in names only',
      `matrix: { p: [a, b] }\n${painter}\nprompt: a\nname: "{{ p }}"`,
      'no request uses the axis p: its values would make the same image',
    ],
    [
      'unused rows',
      `${rows}\n${painter}\nprompt: a`,
      'no request uses a column of rows: every row would make the same image',
    ],
    [
      'a name with two meanings',
      `${rows}\nmatrix: { k: [a] }\n${painter}\nprompt: "{{ id }} {{ k }}"`,
      'k means two things: a column and an axis',
    ],
    [
      'a reserved name',
      `matrix: { source: [a] }\n${painter}\nprompt: "a"`,
      'source is reserved: it cannot name an axis',
    ],
    [
      'a column that the template language reads as a value',
      `rows: [{ empty: a }]\n${painter}\nprompt: "{{ empty }}"`,
      'empty is a fixed value in templates: it cannot name a column',
    ],
    [
      'a condition on nothing',
      `${rows}\nwhere: [{ idd: a }]\n${painter}\nprompt: "{{ id }}"`,
      'unknown variable idd',
    ],
    [
      'a value that no axis has',
      `matrix: { p: [linen, denim] }\nexclude: [{ p: linnen }]\n${painter}\nprompt: "{{ p }}"`,
      'exclude never matches: p is never "linnen"',
    ],
    [
      'a fixed seed with takes',
      `${painter}\nprompt: a\nseed: 7\ntakes: 2`,
      'a fixed seed with takes above 1 makes the same image again',
    ],
    [
      'listed seeds with takes',
      `${painter}\nprompt: a\nseed: [7, 8]\ntakes: 2`,
      'a fixed seed with takes above 1 makes the same image again',
    ],
    [
      'takes out of range',
      `rows: [{ n: 101 }]\ntakes: "{{ n }}"\n${painter}\nprompt: "{{ n }}"`,
      'takes cannot be 101',
    ],
    [
      'shot.take in a name',
      `${painter}\nprompt: a\nname: "{{ shot.take }}"`,
      'shot.take cannot be used in name',
    ],
    [
      'shot.prompt in a prompt',
      `${painter}\nprompt: "{{ shot.prompt }}"`,
      'shot.prompt cannot be used in prompt',
    ],
    [
      'a later field',
      `${painter}\nprompt: a\naspectRatio: "{{ shot.seed }}"`,
      'shot.seed cannot be used in aspectRatio',
    ],
    [
      'a source without from',
      `${painter}\nprompt: "{{ source.name }}"`,
      'source exists only in a step with from',
    ],
    ['an unknown model', 'model: studio:paint\nprompt: a', 'studio has no model paint'],
    ['an unknown account', 'model: studo:painter\nprompt: a', 'there is no account studo'],
    ['a name that is no model', 'model: painter\nprompt: a', 'there is no model painter'],
    [
      'a model named by a row',
      'rows: [{ m: "studio:oops" }]\nmodel: "{{ m }}"\nprompt: a',
      'studio has no model oops',
    ],
    [
      'a missing file',
      'model: dollars:editor\nprompt: a\nreferences: no.jpg',
      'there is no file no.jpg',
    ],
    [
      'a pattern without files',
      'model: dollars:editor\nprompt: a\nreferences: "no/*.jpg"',
      'no file matches no/*.jpg',
    ],
    [
      'a name that leaves nothing',
      `rows: [{ id: "??" }]\n${painter}\nprompt: "{{ id }}"\nname: "{{ id }}"`,
      'name: "??" leaves no file name',
    ],
    [
      'two shots of one name',
      `rows: [{ id: A/B }, { id: a b }]\n${painter}\nprompt: "{{ id }}"\nname: "{{ id }}"`,
      'two shots are called a-b',
    ],
    [
      'a name like another file',
      `rows: [{ id: a }, { id: a--2 }]\n${painter}\nprompt: "{{ id }}"\noutputs: "{% if id == 'a' %}2{% else %}1{% endif %}"\nname: "{{ id }}"`,
      'two shots are called a--2',
    ],
    [
      'a name that is kept for files beyond those that were ordered',
      `rows: [{ id: a--Extra-2 }]\n${painter}\nprompt: "{{ id }}"\nname: "{{ id }}"`,
      'a shot is called a--Extra-2, a name that is reserved for extra files',
    ],
    [
      'a list in a prompt',
      `rows: [{ l: [a, b] }]\n${painter}\nprompt: "{{ l }}"`,
      'a prompt is text, and this is a list',
    ],
  ])('%s', (_, step, message) => {
    expect(mistakesOf(stepText(step))).toEqual([message]);
  });

  it('only the table, where it cannot be read: any name may be one of its columns', () => {
    const broken = '"a,b\nc';
    const step = `${painter}\nprompt: "{{ id }}, {{ light.kind }}"\nname: "{{ id }}"\nwhere: [{ k: x }]`;
    const later = `  later:\n    from: s\n    ${painter}\n    prompt: "{{ id }}"\n    name: "{{ id }} {{ source.nam }}"\n`;
    const rowed = `${stepText(`rows: r.csv\n${step}`)}${later}`;
    expect(mistakesOf(rowed, { 'r.csv': broken })).toEqual([
      'unknown variable source.nam',
      'a quoted cell is never closed',
    ]);
    const axis = `matrix: { k: k.csv }\nexclude: [{ k: x }]\n${painter}\nprompt: "{{ k }} {{ typo }}"`;
    expect(mistakesOf(stepText(axis), { 'k.csv': broken })).toEqual([
      'unknown variable typo',
      'a quoted cell is never closed',
    ]);
  });

  it.each([
    [
      'a budget in another unit',
      'budget: { studio: 3 usd }',
      'studio bills in credits, not in usd',
    ],
    [
      'a var that the template language reads as a value',
      'vars: { nil: 3 }',
      'nil is a fixed value in templates: it cannot name a var',
    ],
    ['a budget of nobody', 'budget: { nobody: 3 usd }', 'there is no account nobody'],
    ['a model that nobody uses', 'models: { m: { use: studio:nix } }', 'studio has no model nix'],
    [
      'training where nobody trains',
      'models: { m: { train: { account: dollars, id: x } } }',
      'dollars trains no models',
    ],
  ])('%s', (_, top, message) => {
    expect(mistakesOf(stepText(`${painter}\nprompt: a`, top))).toEqual([message]);
  });

  it('training where an account only has models that are there', () => {
    const plain = { ...studio, name: 'plain', training: undefined };
    const context = {
      files: memoryFiles(images('faces', 12)),
      catalogue: new Map([...catalogue, ['plain', plain]]),
    };
    const problemsOf = (train: string): string[] =>
      checkBatch(
        documentOf(stepText('model: m\nprompt: a', `models: { m: { train: ${train} } }`)),
        context,
      ).map(({ message }) => message);
    const faces = 'images: faces/*.jpg, name: Ines, gender: Female, age: 30';
    expect(problemsOf(`{ account: plain, ${faces} }`)).toEqual(['plain trains no models']);
    expect(problemsOf(`{ account: studio, ${faces} }`)).toEqual([]);
    expect(problemsOf('{ account: plain, id: x }')).toEqual([]);
  });

  it('a model that sets what is an axis', () => {
    const text = stepText(
      'model: m\nprompt: a\nseed: [1, 2]',
      'models: { m: { use: studio:painter, seed: 3 } }',
    );
    expect(mistakesOf(text)).toEqual(['model m sets seed, which is an axis of step s']);
  });

  it.each([
    [
      'an image model that reads videos',
      'model: studio:upscale',
      'clips/clips is a video, and studio:upscale reads image',
    ],
    [
      'references without the source',
      `${painter}\n    prompt: a\n    references: https://x.test/a.jpg`,
      'step next reads clips, but its references leave the source out',
    ],
    [
      'a new name that is inherited',
      `${painter}\n    prompt: "{{ look }}"\n    matrix: { look: [x] }`,
      'look means two things: a variable of step clips and an axis',
    ],
  ])('after from: %s', (_, step, message) => {
    const text = `
batch: b
steps:
  clips:
    matrix: { look: [one] }
    model: studio:video
    prompt: "{{ look }}"
    name: clips
  next:
    from: clips
    ${step}
`;
    expect(mistakesOf(text)).toContain(message);
  });

  it('lets an unchecked model through', () => {
    const top = 'models: { new: { use: studio:brand-new, unchecked: true, options: { any: 1 } } }';
    expect(mistakesOf(stepText('model: new\nprompt: a', top))).toEqual([]);
  });
});

describe('checkBatch tells', () => {
  const check = (text: string, files: Record<string, string> = {}) =>
    checkBatch(documentOf(text), { files: memoryFiles(files), catalogue });

  it('equal mistakes of many rows once, with a count and the first rows', () => {
    const lines = ['id,t', ...Array.from({ length: 30 }, (_, index) => `${index},`)];
    const text = stepText(`rows: r.csv\n${painter}\nprompt: "{{ t }}"\nname: "{{ id }}"`);
    expect(check(text, { 'r.csv': lines.join('\n') })).toMatchObject([
      {
        message: 't is blank',
        context: 'step s, model studio:painter; 30 shots: r.csv:2, r.csv:3, r.csv:4 and more',
      },
    ]);
  });

  it('which rows share a name', () => {
    const text = stepText(`rows: r.csv\n${painter}\nprompt: "{{ id }}"\nname: "{{ id }}"`);
    expect(check(text, { 'r.csv': 'id\na b\nc\nA-B' })).toMatchObject([
      { hint: expect.stringContaining('r.csv:2 and r.csv:4') as string },
    ]);
  });

  it('as notes what is no mistake but may surprise', () => {
    const text = stepText(`
rows: [{ id: a }, { id: b }]
exclude: [{ id: zz }]
model: studio:video
prompt: "{{ id }}"
options: { any: 1 }
references: "https://x.test/a.jpg?X-Amz-Signature=1"`);
    const found = check(text).map(({ severity, message }) => `${severity}: ${message}`);
    expect(found.toSorted()).toEqual([
      'note: 2 links carry a signature (batch.yaml:5:12, batch.yaml:5:23): exported again they will look new',
      'note: exclude never matches: id is never "zz"',
      'note: files are named by row number, which moves when a row is inserted',
      'note: options not checked: studio:video has none documented',
    ]);
  });

  it('as a note a policy that sends nothing again for want of a paid retry', () => {
    const batch = (policy: string): string =>
      stepText(`${painter}\nprompt: a`, `policy: { ${policy} }`);
    expect(check(batch('onAmbiguous: resubmit'))).toMatchObject([
      { severity: 'note', hint: 'add paidRetries: 1', path: ['policy', 'onAmbiguous'] },
    ]);
    expect(check(batch('onAmbiguous: resubmit, paidRetries: 1'))).toEqual([]);
  });

  it('at most twenty mistakes of a stage, and how many more there are', () => {
    const words = Array.from({ length: 25 }, (_, index) => `{{ nope${index} }}`).join(' ');
    const problems = check(stepText(`${painter}\nprompt: "${words}"`));
    expect(problems).toHaveLength(20);
    expect(problems.at(-1)?.advice).toEqual(['5 more of this kind; fix these first']);
  });

  it('where a file lies that was looked for beside the batch', () => {
    const text = stepText(
      'rows: data/r.csv\nmodel: dollars:editor\nprompt: a\nreferences: "{{ f }}"\nname: "{{ f }}"',
    );
    expect(check(text, { 'data/r.csv': 'f\na.jpg', 'data/a.jpg': 'x' })).toMatchObject([
      { hint: expect.stringContaining('write data/a.jpg') as string },
    ]);
  });

  it('nothing more of a step that is broken already, nor of those that read it', () => {
    const text = `
batch: b
steps:
  one: { model: "studio:painter", prompt: "{{ nope }}", resolution: 9K }
  two: { from: one, model: "studio:upscale", prompt: not taken }
  three: { model: "studio:painter", prompt: a, resolution: 9K }
`;
    expect(mistakesOf(text)).toEqual([
      'unknown variable nope',
      'studio:painter takes no resolution 9K',
    ]);
  });
});
