import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countShots } from '../../../src/batch/checks/check-batch.ts';
import { openStep } from '../../../src/batch/expansion/expand.ts';
import { catalogue, memoryFiles, images } from '../catalogue.ts';
import { documentOf, mistakesOf, shotsOf, stepText } from '../plan.ts';

const names = (text: string, files: Record<string, string> = {}, step = 's') =>
  shotsOf(text, files, step).map(({ name }) => name);
const painter = 'model: studio:painter';

describe('a step becomes shots', () => {
  it('in the order of rows, then axes as written, then list fields, then takes', () => {
    const text = stepText(`
rows: r.csv
matrix: { z: [1, 2], a: [x] }
${painter}
prompt: ["{{ id }}", "{{ z }}{{ a }}"]
takes: 2`);
    expect(names(text, { 'r.csv': 'id\np\nq' }).slice(0, 6)).toEqual([
      '0001-z-1-x-1-p',
      '0001-z-1-x-1-p--t2',
      '0001-z-1-x-2-1x',
      '0001-z-1-x-2-1x--t2',
      '0001-z-2-x-1-p',
      '0001-z-2-x-1-p--t2',
    ]);
  });

  it('as a single cell named like its step', () => {
    expect(shotsOf(stepText(`${painter}\nprompt: a fox`))).toMatchObject([
      {
        key: 's/s',
        name: 's',
        take: 1,
        ordinal: 0,
        account: 'studio@https://studio.test',
        origin: 'batch.yaml:4',
        writtenModel: 'studio:painter',
        price: { amount: 10_000 },
        request: { prompt: 'a fox', options: {}, references: [] },
      },
    ]);
  });

  it('with where first, then exclude, compared as text, null for a blank', () => {
    const text = (conditions: string) =>
      stepText(`
rows: [{ id: 1, k: a }, { id: 2, k: b }, { id: 3 }]
matrix: { place: [{ city: Oslo }, { city: Rom }] }
${conditions}
${painter}
prompt: "{{ id }} {{ place.city }}"
name: "{{ id }}{{ place.city }}"`);
    expect(names(text('where: [{ id: "1" }, { k: null, place.city: Rom }]'))).toEqual([
      '1Oslo',
      '1Rom',
      '3Rom',
    ]);
    expect(names(text('exclude: [{ place.city: Oslo }, { id: [1, 3] }]'))).toEqual(['2Rom']);
    expect(names(text('where: [{ k: a }]\nexclude: [{ id: 1 }]'))).toEqual([]);
  });

  it('with conditions on list fields', () => {
    const text = stepText(`
model: [studio:painter, studio:video]
prompt: a
exclude: [{ shot.model: studio:video }]`);
    expect(names(text)).toEqual(['studio-painter']);
  });

  it('as many times as the row says', () => {
    const files = { 'r.csv': 'id,n\na,3\nb,' };
    const text = stepText(`
rows: r.csv
takes: "{{ n | default: 1 }}"
${painter}
prompt: "{{ id }}"
name: "{{ id }}"`);
    expect(names(text, files)).toEqual(['a', 'a--t2', 'a--t3', 'b']);
  });

  it('from plain lines, and with data files as axes', () => {
    const files = { 'r.txt': 'one\n\ntwo\n', 'p.csv': 'city\nOslo\n', 'l.txt': 'x\ny' };
    const text = stepText(`
rows: r.txt
matrix: { place: p.csv, look: l.txt }
${painter}
prompt: "{{ line }} {{ place.city }} {{ look }}"`);
    expect(shotsOf(text, files).map(({ request }) => request.prompt)).toEqual([
      'one Oslo x',
      'one Oslo y',
      'two Oslo x',
      'two Oslo y',
    ]);
    expect(shotsOf(text, files)[2]).toMatchObject({
      origin: 'r.txt:3',
      name: '0002-Oslo-x',
      variables: { line: 'two', place: { city: 'Oslo' }, look: 'x' },
    });
  });

  it('as rows x axes x takes, the first axis slowest', () => {
    const axis = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(axis, axis, axis, fc.integer({ min: 1, max: 3 }), (rows, a, b, takes) => {
        const list = (count: number) => JSON.stringify(Array.from({ length: count }, (_, i) => i));
        const text = stepText(`
rows: ${JSON.stringify(Array.from({ length: rows }, (_, id) => ({ id })))}
matrix: { a: ${list(a)}, b: ${list(b)} }
takes: ${takes}
${painter}
prompt: "{{ id }} {{ a }} {{ b }}"`);
        const shots = shotsOf(text);
        expect(shots).toHaveLength(rows * a * b * takes);
        const order = shots.map(({ request, take }) =>
          `${request.prompt} ${take}`
            .split(' ')
            .reduce((sum, digit) => sum * 10 + Number(digit), 0),
        );
        expect(order).toEqual(order.toSorted((x, y) => x - y));
        expect(new Set(shots.map(({ key }) => key)).size).toBe(shots.length);
      }),
      { numRuns: 25 },
    );
  });

  it('lazily: of a million cells, the first shot makes one', () => {
    const list = JSON.stringify(Array.from({ length: 100 }, (_, i) => i));
    const text = stepText(`
matrix: { a: ${list}, b: ${list}, c: ${list} }
${painter}
prompt: "{{ a }} {{ b }} {{ c }}"`);
    const opened = openStep(documentOf(text), 's', { files: memoryFiles({}), catalogue });
    expect(opened.shots().next().value).toMatchObject({ shot: { key: 's/a-0-b-0-c-0' } });
    expect(opened.tally.cells).toBe(1);
  });
});

describe('a request', () => {
  it('takes the settings of its model over those of the step', () => {
    const models = `
models:
  pa:
    use: studio:painter
    aspectRatio: "3:4"
    resolution: null
    options: { steps: 30, safety: null }`;
    const text = stepText(
      `
model: [pa, studio:painter]
prompt: '{% if shot.model == "pa" %}one{% endif %} {{ shot.aspectRatio }}'
aspectRatio: "4:5"
resolution: 2K
options: { safety: low, strength: "{{ 1 | divided_by: 2.0 }}" }`,
      models,
    );
    const [pa, plain] = shotsOf(text).map(({ request }) => request);
    expect(pa).toMatchObject({ prompt: 'one 3:4', aspectRatio: '3:4' });
    expect(pa?.options).toEqual({ strength: 0.5, steps: 30 });
    expect(pa).not.toHaveProperty('resolution');
    expect(plain).toMatchObject({ prompt: '4:5', aspectRatio: '4:5', resolution: '2k' });
    expect(plain?.options).toEqual({ safety: 'LOW', strength: 0.5 });
  });

  it('leaves out what renders to nothing', () => {
    const text = stepText(`
rows: [{ id: a, seed: null, o: { steps: 3 }, ref: null }]
${painter}
prompt: "{{ id }}"
seed: "{{ seed | optional }}"
options: "{{ o }}"
references: ["{{ ref | optional }}", "https://x.test/a.jpg"]`);
    const [shot] = shotsOf(text);
    expect(shot?.request).not.toHaveProperty('seed');
    expect(shot?.request.options).toEqual({ steps: 3 });
    expect(shot?.request.references).toEqual([{ kind: 'link', url: 'https://x.test/a.jpg' }]);
  });

  it('splices lists and patterns of references in order', () => {
    const files = { 'p/a.jpg': 'a', 'p/b.JPG': 'b', 'c.png': 'c' };
    const text = stepText(`
rows: [{ refs: "c.png|https://x.test/l.jpg" }]
model: studio:video
prompt: a
references: ["{{ refs | split: '|' }}", { file: p/b.JPG, role: first_frame }]`);
    expect(shotsOf(text, files)[0]?.request.references).toMatchObject([
      { kind: 'file', path: 'c.png' },
      { kind: 'link', role: 'first_frame' },
      { kind: 'file', path: 'p/b.JPG', role: 'first_frame' },
    ]);
    const pattern = stepText('model: studio:video\nprompt: a\nreferences: "p/*.jpg"');
    expect(shotsOf(pattern, files)[0]?.request.references).toHaveLength(2);
  });

  it('keeps a prompt verbatim but for its ends, and never renders data', () => {
    const text = stepText(`
rows: [{ t: "{{ evil }} {% raw %}" }]
${painter}
prompt: "  a\\r\\nb {{ t }} "`);
    expect(shotsOf(text)[0]?.request.prompt).toBe('a\nb {{ evil }} {% raw %}');
  });

  it('varies its seed with the take when told', () => {
    const text = stepText(`${painter}\nprompt: a\ntakes: 3\nseed: "{{ shot.take | plus: 100 }}"`);
    expect(shotsOf(text).map(({ request }) => request.seed)).toEqual([101, 102, 103]);
  });

  it('chooses its model by the row', () => {
    const text = stepText(`
rows: [{ m: "studio:painter", id: 1 }, { m: "studio:video", id: 2 }]
model: "{{ m }}"
prompt: "{{ id }}"`);
    expect(shotsOf(text).map(({ makes }) => makes)).toEqual(['image', 'video']);
  });

  it('keeps its fingerprint when names, layout and rows move', () => {
    const one = stepText(`
rows: [{ id: a, q: x }, { id: b, q: y }]
${painter}
prompt: "the {{ q }}"
options: { steps: 3, safety: LOW }
name: "{{ id }}"`);
    const two = stepText(
      `
rows: [{ word: y }, { word: x }]
model: short
options: { safety: low, steps: "3" }
outputs: 1
prompt: "the {{ word }}"`,
      'models: { short: { use: studio:painter } }',
    );
    const prints = (text: string) => shotsOf(text).map(({ fingerprint }) => fingerprint);
    expect(prints(one)).toEqual(prints(two).toReversed());
  });
});

describe('a trained model', () => {
  const train = (subject: string) =>
    `models: { m: { train: { account: studio, images: "t/{{ id }}/*", name: "{{ id }}", ${subject} } } }`;
  const step = `
rows: [{ id: anna, age: "29" }, { id: ben, age: "41" }]
model: m
prompt: "headshot {{ shot.row }}"`;
  const files = { ...images('t/anna', 12), ...images('t/ben', 20) };

  it('is one training set for each person, its subject in the spelling of the vendor', () => {
    const text = stepText(step, train('gender: female, age: "{{ age }}"'));
    expect(shotsOf(text, files).map(({ request }) => request.choice)).toMatchObject([
      { kind: 'training', set: { name: 'anna', subject: { gender: 'Female', age: 29 } } },
      { kind: 'training', set: { name: 'ben', subject: { gender: 'Female', age: 41 } } },
    ]);
  });

  it.each([
    ['gender: Female, age: old', 'studio trains with no age "old"'],
    ['gender: Divers, age: 3', 'studio trains with no gender "Divers"'],
    ['gender: Female', 'studio needs age to train a model'],
    ['gender: Female, age: 3, ethnicity: any', 'studio trains without ethnicity'],
    ['gender: Female, age: "{{ shot.row }}"', 'shot.row cannot be used in train'],
  ])('refuses %s', (subject, message) => {
    expect(mistakesOf(stepText(step, train(subject)), files)).toContain(message);
  });

  it('refuses too few images', () => {
    const text = stepText(step, train('gender: Female, age: 3'));
    expect(mistakesOf(text, { ...files, ...images('t/ben', 11), 't/ben/x.txt': 'x' })).toEqual([
      't/ben/x.txt is no image, so nothing trains on it',
    ]);
    expect(mistakesOf(text, { ...images('t/anna', 12), ...images('t/ben', 11) })).toEqual([
      '11 different images match t/ben/*; studio trains on 12 to 20',
    ]);
  });

  it('may be known by its id already', () => {
    const text = stepText(
      'model: m\nprompt: a',
      'models: { m: { train: { account: studio, id: mdl_1 } } }',
    );
    expect(shotsOf(text)[0]?.request.choice).toEqual({ kind: 'existing', id: 'mdl_1' });
  });
});

describe('a step that reads a step', () => {
  const text = `
batch: b
steps:
  stills:
    rows: [{ id: a, motion: push in }, { id: b, motion: orbit }]
    ${painter}
    prompt: "{{ id }}"
    outputs: 2
    name: "{{ id }}"
  clips:
    from: stills
    matrix: { camera: [near, far] }
    model: studio:video
    prompt: "{{ motion }} {{ camera }} {{ source.output }}"
  stretched:
    from: clips
    model: studio:video
    prompt: "{{ motion }} {{ camera }}"
    references: [{ file: "{{ source }}", role: reference_video }]
`;
  it('inherits variables over any number of steps, and is counted before its sources exist', () => {
    expect(mistakesOf(text)).toEqual([]);
    const context = { files: memoryFiles({}), catalogue };
    expect(
      countShots(documentOf(text), context).map(({ step, shots, upTo }) => [step, shots, upTo]),
    ).toEqual([
      ['stills', 2, false],
      ['clips', 8, true],
      ['stretched', 8, true],
    ]);
  });

  it('makes one cell of each output', () => {
    const [still] = shotsOf(text, {}, 'stills');
    if (!still) throw new Error('there is a still');
    const source = {
      submission: 's1',
      index: 1,
      sha256: 'abc',
      mime: 'image/png',
      name: 'a--2',
      shot: { ...still, prompt: 'a' },
    };
    const clips = shotsOf(text, {}, 'clips', [source]);
    expect(clips.map(({ name, request }) => [name, request.prompt])).toEqual([
      ['a--2-near', 'push in near 2'],
      ['a--2-far', 'push in far 2'],
    ]);
    expect(clips[0]).toMatchObject({
      origin: 'stills/a--2',
      variables: { id: 'a', motion: 'push in', camera: 'near' },
      request: { references: [{ kind: 'output', sha256: 'abc', role: 'first_frame' }] },
    });
  });
});
