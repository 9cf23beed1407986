import { describe, expect, it } from 'vitest';
import { checkBatch } from '../../../src/batch/checks/check-batch.ts';
import { parseBatch } from '../../../src/batch/file/parse.ts';
import type { Problem } from '../../../src/batch/problem.ts';
import { catalogue, memoryFiles, images } from '../catalogue.ts';

/** Every mistake that `plan` must find, one to a step. */
const batch = `\
batch: mistakes
budget: { studio: 5 usd }
vars: { style: video }
models:
  anna:
    train: { account: studio, images: "training/*", name: Anna, gender: Female, age: 29 }
steps:
  unknown-key:
    model: studio:painter
    prompt: a fox
    aspectRatoi: "1:1"
  wrong-type:
    model: studio:painter
    prompt: a fox
    options: 7
  refused-value:
    model: studio:painter
    prompt: a fox
    aspectRatio: "16:9"
  both-groups:
    model: studio:painter
    prompt: a fox
    options: { gemini: { safety: LOW }, openai: { steps: 3 } }
  missing-file:
    model: dollars:editor
    prompt: a fox
    references: photos/none.jpg
  eleven-images:
    model: anna
    prompt: a portrait
  unknown-variable:
    model: studio:painter
    prompt: "a fox in {{ stile }}"
  blank-cell:
    rows: products.csv
    model: studio:painter
    prompt: "{{ title }} on marble"
    name: "{{ sku }}"
  unused-axis:
    matrix: { place: [Oslo, Rome] }
    model: studio:painter
    prompt: a fox
  missing-column:
    rows: products.csv
    model: studio:painter
    prompt: "{{ sku }} in {{ color }}"
    name: "{{ sku }}"
  same-name:
    rows: [{ id: A/B }, { id: a b }]
    model: studio:painter
    prompt: "{{ id }}"
    name: "{{ id }}"
`;

const files = memoryFiles({
  'products.csv': 'sku,title\n1,Mug\n2,\n',
  ...images('training', 11),
});

const reported = (problems: readonly Problem[]) =>
  problems
    .filter(({ severity }) => severity === 'error')
    .map(({ place, message }) => `${place.line}:${place.column} ${message}`);

describe('a batch with every mistake', () => {
  it('is told its keys and types first', () => {
    const { document, problems } = parseBatch(batch, 'batch.yaml');
    expect(document).toBeUndefined();
    expect(reported(problems)).toEqual([
      '11:5 unknown key aspectRatoi',
      expect.stringMatching(/^15:14 .*options/),
    ]);
    expect(problems[0]?.didYouMean).toBe('aspectRatio');
  });

  it('is told all others at once, each at its line and column', () => {
    const fixed = batch.replace('aspectRatoi', 'aspectRatio').replace('options: 7', 'options: {}');
    const { document } = parseBatch(fixed, 'batch.yaml');
    if (!document) throw new Error('keys and types are fixed');
    const problems = checkBatch(document, { files, catalogue });
    expect(reported(problems)).toEqual([
      '2:19 studio bills in credits, not in usd',
      '33:13 unknown variable stile',
      '40:15 no request uses the axis place: its values would make the same image',
      '46:13 unknown variable color',
      '6:39 11 different images match training/*; studio trains on 12 to 20',
      '19:18 studio:painter takes no aspectRatio 16:9',
      '23:24 studio:painter takes no option gemini',
      '23:49 studio:painter takes no option openai',
      '27:17 there is no file photos/none.jpg',
      '37:13 title is blank',
      '52:11 two shots are called a-b',
    ]);
    const blank = problems.find(({ message }) => message === 'title is blank');
    expect(blank?.context).toBe('step blank-cell, model studio:painter; products.csv:3');
  });
});
