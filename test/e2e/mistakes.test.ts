import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage } from './stage.ts';

const images = join(import.meta.dirname, '..', '..', 'batches', 'training', 'anna');

/** Every mistake that `plan` must find, one to a step. */
const mistakes = `\
batch: mistakes
budget: { photogpt: 5 usd }
vars: { style: video }
models:
  anna:
    train: { account: photogpt, images: "training/*", name: Anna, gender: Female, age: 29 }
steps:
  unknown-key:
    model: photogpt:nanobanana-pro
    prompt: a fox
    aspectRatoi: "1:1"
  wrong-type:
    model: photogpt:nanobanana-pro
    prompt: a fox
    options: 7
  refused-value:
    model: photogpt:nanobanana-pro
    prompt: a fox
    aspectRatio: "7:3"
  both-groups:
    model: photogpt:nanobanana-pro
    prompt: a fox
    options: { gemini: {}, openai: { quality: high } }
  missing-file:
    model: photogpt:nanobanana-pro
    prompt: a fox
    references: photos/none.jpg
  eleven-images:
    model: anna
    prompt: a portrait
  unknown-variable:
    model: photogpt:nanobanana-pro
    prompt: "a fox in {{ stile }}"
  blank-cell:
    rows: products.csv
    model: photogpt:nanobanana-pro
    prompt: "{{ title }} on marble"
    name: "{{ sku }}"
  unused-axis:
    matrix: { place: [Oslo, Rome] }
    model: photogpt:nanobanana-pro
    prompt: a fox
  missing-column:
    rows: products.csv
    model: photogpt:nanobanana-pro
    prompt: "{{ sku }} in {{ color }}"
    name: "{{ sku }}"
  same-name:
    rows: [{ id: A/B }, { id: a b }]
    model: photogpt:nanobanana-pro
    prompt: "{{ id }}"
    name: "{{ id }}"
`;

interface Mistake {
  file: string;
  line: number;
  column: number;
  path: (string | number)[];
  message: string;
  hint?: string;
  allowed?: string[];
  didYouMean?: string;
}

const small = (batch: string, model = 'nanobanana-pro'): string => `\
batch: ${batch}
steps:
  images:
    model: photogpt:${model}
    prompt: a fox in fresh snow
`;

describe('a batch that cannot run as it is', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
    const names = readdirSync(images);
    stage.write('products.csv', 'sku,title\n1,Mug\n2,\n');
    for (let index = 0; index < 11; index++)
      stage.write(`training/${index}.jpg`, readFileSync(join(images, names[index] ?? '')));
    stage.write('mistakes.yaml', mistakes);
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it.concurrent('is told every mistake at its line and column with what is allowed', async () => {
    const { code, value } = await stage.json<{ errors: Mistake[] }>(['plan', 'mistakes.yaml']);
    expect(code).toBe(2);
    expect(value.errors.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual(
      [
        '11:5 unknown key aspectRatoi',
        '15:14 options is not right',
        '2:21 photogpt bills in credits, not in usd',
        '33:13 unknown variable stile',
        '40:15 no request uses the axis place: its values would make the same image',
        '46:13 unknown variable color',
        '6:41 11 different images match training/*; photogpt trains on 12 to 20',
        '19:18 photogpt:nanobanana-pro takes no aspectRatio 7:3',
        '23:24 gemini is not written under options',
        '23:36 openai is not written under options',
        '27:17 there is no file photos/none.jpg',
        '37:13 title is blank',
        '52:11 two shots are called a-b',
      ],
    );
    expect(value.errors[0]).toMatchObject({
      file: 'mistakes.yaml',
      path: ['steps', 'unknown-key', 'aspectRatoi'],
      allowed: expect.arrayContaining(['aspectRatio']) as string[],
      didYouMean: 'aspectRatio',
    });
    const ratio = value.errors.find(({ line }) => line === 19);
    expect(ratio?.allowed).toContain('16:9');
  });

  it.concurrent('shows the lines to a person', async () => {
    const { code, stdout, stderr } = await stage.run(['plan', 'mistakes.yaml']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('mistakes.yaml:11:5');
    expect(stderr).toContain('did you mean aspectRatio?');
    expect(stderr).toContain('aspectRatoi: "1:1"');
  });

  it.concurrent('is refused without a terminal unless the price is accepted', async () => {
    stage.write('fox.yaml', small('fox'));
    const { code, stderr } = await stage.run(['run', 'fox.yaml']);
    expect(code).toBe(2);
    expect(stderr).toContain('there is no terminal to ask on');
    expect(stderr).toContain('--yes');
  });

  it.concurrent('is refused under a bare --yes when nobody knows its price', async () => {
    stage.write(
      'large.yaml',
      `${small('large')}  large:\n    from: images\n    model: photogpt:upscale\n`,
    );
    const { code, stderr } = await stage.run(['run', 'large.yaml', '--yes']);
    expect(code).toBe(2);
    expect(stderr).toContain('add --unknown-prices');
  });

  it.concurrent('names the variable of a missing key', async () => {
    stage.write('keyless.yaml', small('keyless'));
    const { code, stderr } = await stage.run(['run', 'keyless.yaml', '--yes'], {
      PHOTOGPT_API_KEY: undefined,
    });
    expect(code).toBe(2);
    expect(stderr).toContain('PHOTOGPT_API_KEY is not set');
  });

  it.concurrent('is a usage error with a suggestion when the command is unknown', async () => {
    const { code, stderr } = await stage.run(['statsu', 'fox']);
    expect(code).toBe(2);
    expect(stderr).toContain('Did you mean status?');
  });

  it.concurrent('says so when there is no such file or batch', async () => {
    const file = await stage.run(['plan', 'none.yaml']);
    expect(file).toMatchObject({ code: 2, stdout: '' });
    expect(file.stderr).toContain('there is no batch file none.yaml');
    const missing = await stage.json<{ error: string }>(['status', 'nobody']);
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.value.error).toContain('nobody');
  });

  it('sends nothing at all', () => {
    expect(stage.simulator.book.requests).toEqual({});
  });

  it.concurrent('says which accounts there are when a worker names another', async () => {
    const { code, stderr } = await stage.run(['worker', '--accounts', 'acme']);
    expect(stderr).toContain('there is no account named acme');
    expect(stderr).toContain('accounts here: photogpt, ');
    expect(code).toBe(2);
  });
});
