import { describe, expect, it } from 'vitest';
import type { FoundReference } from '../../../src/batch/checks/check-references.ts';
import { type RequestDraft, checkRequest } from '../../../src/batch/checks/check-request.ts';
import { dollars, painter, studio } from '../catalogue.ts';

const draft = (changes: Partial<RequestDraft>): RequestDraft => ({
  choice: { kind: 'public', id: 'painter' },
  prompt: 'a fox',
  fields: {},
  options: {},
  references: [],
  ...changes,
});
const check = (changes: Partial<RequestDraft>, id = 'painter', account = studio) => {
  const spec = account.models.find((model) => model.id === id) ?? painter;
  return checkRequest(draft(changes), account, spec);
};
const file: FoundReference = {
  reference: { kind: 'file', sha256: 'aa', path: 'a.jpg' },
  media: 'image',
  label: 'a.jpg',
};
const link: FoundReference = {
  reference: { kind: 'link', url: 'https://x.test/a.jpg' },
  media: undefined,
  label: 'https://x.test/a.jpg',
};
const output = (madeBy: string, media: 'image' | 'video' = 'image'): FoundReference => ({
  reference: { kind: 'output', sha256: 'bb', submission: 's', index: 0 },
  media,
  label: 'stills/a',
  madeBy: { name: madeBy, vendor: madeBy === 'studio-2' ? 'studio' : madeBy },
});

describe('checkRequest', () => {
  it('takes nothing but a UUID where the vendor documents one', () => {
    const options = { style: { kind: 'text', format: 'uuid' } } as const;
    const account = { ...studio, models: [{ ...painter, options }] };
    const style = (value: string) => check({ options: { style: value } }, 'painter', account);
    const id = '9B2F6C1E-4d3a-4c58-8f0e-2a7d5b1c6e90';
    expect(style(id)).toMatchObject({ request: { options: { style: id } }, problems: [] });
    for (const odd of ['noir', `${id}0`, id.replaceAll('-', ''), ''])
      expect(style(odd).problems).toMatchObject([
        { field: 'options.style', hint: expect.stringContaining('it takes a UUID, such as ') },
      ]);
  });

  it('puts values into the types and the spelling of the vendor', () => {
    const { request, problems } = check({
      fields: { resolution: '2K', outputs: '3', seed: '7' },
      options: { safety: 'high', steps: '30', strength: '0.35', enhance: 'FALSE', note: 123 },
    });
    expect(problems).toEqual([]);
    expect(request).toMatchObject({
      resolution: '2k',
      outputs: 3,
      seed: 7,
      options: { safety: 'HIGH', steps: 30, strength: 0.35, enhance: false, note: '123' },
    });
  });

  it('leaves one output out, since every job makes one', () => {
    expect(check({ fields: { outputs: 1 } }).request).not.toHaveProperty('outputs');
    expect(
      check(
        { prompt: undefined, fields: { outputs: 1 }, references: [output('studio')] },
        'upscale',
      ).problems,
    ).toEqual([]);
  });

  it.each<[string, Partial<RequestDraft>, object]>([
    [
      'a field the model lacks',
      { fields: { duration: 8 } },
      { field: 'duration', message: 'studio:painter takes no duration' },
    ],
    [
      'a value not taken',
      { fields: { aspectRatio: '4:6' } },
      { hint: 'it takes 1:1, 4:5, 3:4', allowed: ['1:1', '4:5', '3:4'] },
    ],
    [
      'a number out of range',
      { options: { steps: 51 } },
      { field: 'options.steps', hint: 'it takes a whole number from 1 to 50' },
    ],
    ['a number that is none', { options: { steps: '3x' } }, { field: 'options.steps' }],
    ['a fraction for a whole number', { options: { steps: '3.5' } }, { field: 'options.steps' }],
    ['a boolean that is none', { options: { enhance: 'yes' } }, { hint: 'it takes true or false' }],
    [
      'a text too long',
      { options: { note: 'x'.repeat(11) } },
      { hint: 'it takes at most 10 characters, these are 11' },
    ],
    ['a list too long', { options: { elements: ['a', 'b', 'c'] } }, { field: 'options.elements' }],
    ['an unknown option', { options: { stepz: 3 } }, { didYouMean: 'steps' }],
    [
      'a group of the vendor',
      { options: { gemini: { steps: 3 } } },
      { hint: 'options are flat: write steps without gemini' },
    ],
    ['a spelling of the vendor', { options: { numImages: 3 } }, { hint: 'write outputs' }],
    ['a common field', { options: { seed: 3 } }, { hint: 'write seed beside options' }],
    [
      'a webhook',
      { options: { webhook_url: 'https://x.test' } },
      { field: 'options.webhook_url', hint: 'leave it out' },
    ],
    [
      'no prompt',
      { prompt: undefined },
      { field: 'prompt', message: 'studio:painter needs a prompt' },
    ],
    [
      'a prompt too long',
      { prompt: 'x'.repeat(201) },
      { message: 'the prompt has 201 characters; studio:painter takes at most 200' },
    ],
    [
      'too many references',
      { references: [link, link, link] },
      { message: 'studio:painter takes at most 2 references, not 3' },
    ],
    [
      'a rule between fields',
      { options: { steps: 13 } },
      { field: 'options.steps', message: 'steps 13 goes with no safety' },
    ],
    [
      'a file where links are taken',
      { references: [file] },
      { hint: 'write a link, or give studio a referenceHost in shotlist.yaml' },
    ],
  ])('refuses %s', (_, changes, problem) => {
    expect(check(changes).problems).toEqual([expect.objectContaining(problem)]);
  });

  it('takes a file where links are taken when the account hosts files', () => {
    expect(
      check({ references: [file] }, 'painter', { ...studio, hostsFiles: true }).problems,
    ).toEqual([]);
  });

  it('takes an output by the link of its own vendor, and no other, where links are taken', () => {
    expect(check({ references: [output('studio'), output('studio-2')] }).problems).toEqual([]);
    expect(check({ references: [output('dollars')] }).problems).toMatchObject([
      {
        message:
          'studio:painter takes references as public links only, and stills/a is a file, made by dollars',
        hint: 'write a link, or give studio a referenceHost in shotlist.yaml',
      },
    ]);
  });

  it('takes only what the account made where the model wants its own', () => {
    const upscale = (reference: FoundReference) =>
      check({ prompt: undefined, references: [reference] }, 'upscale').problems;
    expect(upscale(output('studio'))).toEqual([]);
    for (const reference of [file, link, output('dollars')])
      expect(upscale(reference)).toHaveLength(1);
  });

  it('wants references where the model needs one, and no prompt where it reads none', () => {
    expect(check({}, 'editor', dollars).problems).toMatchObject([
      { message: 'dollars:editor takes exactly 1 reference, not 0' },
    ]);
    expect(check({ references: [output('studio')] }, 'upscale').problems).toMatchObject([
      { message: 'studio:upscale takes no prompt' },
    ]);
  });

  it('gives a reference its role, and checks what it is against it', () => {
    const video = (reference: FoundReference) => check({ references: [reference] }, 'video');
    expect(video(file).request.references).toMatchObject([{ role: 'first_frame' }]);
    expect(video(output('studio', 'video')).problems).toMatchObject([
      { message: 'stills/a is a video, and studio:video reads image as first_frame' },
    ]);
    const wrong = { ...file, reference: { ...file.reference, role: 'last' } };
    expect(video(wrong).problems).toMatchObject([{ allowed: ['first_frame', 'reference_video'] }]);
    expect(video({ ...file, media: undefined }).problems).toHaveLength(1);
  });

  it('passes options of an undocumented model on, but no webhook', () => {
    expect(check({ options: { any: { deep: 1 } } }, 'video').problems).toEqual([]);
    expect(check({ options: { callback_url: 'x' } }, 'video').problems).toHaveLength(1);
  });
});
