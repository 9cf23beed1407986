import { describe, expect, it } from 'vitest';
import { checkRequest, type RequestDraft } from '../../../src/batch/checks/check-request.ts';
import type { AccountSpec, ModelSpec } from '../../../src/batch/model-spec.ts';
import type { Json, JsonObject } from '../../../src/json.ts';
import { nothingLearned } from '../../../src/providers/port.ts';
import { wonda } from '../../../src/providers/wonda/index.ts';

const seeds = wonda.offer({}, nothingLearned).models;

function modelsOf(generation: Record<string, Json>): readonly ModelSpec[] {
  return wonda.offer({}, { ...nothingLearned, models: { generation } }).models;
}

/** The one video model of a live list. */
function video(entry: JsonObject, key = 'new-video'): ModelSpec {
  const model = modelsOf({ video: [{ key, ...entry }] }).find(({ id }) => id === key);
  if (!model) throw new Error('not offered');
  return model;
}

function withParams(properties: JsonObject, more: JsonObject = {}): ModelSpec {
  return video({ params: { type: 'object', properties, ...more } });
}

function problemsOf(
  spec: ModelSpec,
  draft: Partial<RequestDraft>,
  roles: readonly string[] = [],
): string[] {
  const account: AccountSpec = {
    name: 'wonda',
    key: 'k',
    vendor: 'wonda',
    unit: 'usd',
    models: [spec],
    training: undefined,
    hostsFiles: false,
    price: () => ({ amount: null, unit: 'usd', basis: 'unknown' }),
    trainingPrice: () => ({ amount: null, unit: 'usd', basis: 'unknown' }),
  };
  const references = roles.map((role, index) => ({
    reference: { kind: 'file', sha256: `${index}`, path: 'a.jpg', ...(role && { role }) } as const,
    media: 'image' as const,
    label: 'a.jpg',
  }));
  const choice = { kind: 'public', id: spec.id } as const;
  const { problems } = checkRequest(
    { choice, fields: {}, options: {}, references, ...draft },
    account,
    spec,
  );
  return problems.map(({ field, message }) => `${field}: ${message}`);
}

describe('parameters', () => {
  it.each([
    [
      { type: 'string', enum: ['a', 'b'], default: 'a' },
      { kind: 'choice', values: ['a', 'b'], default: 'a' },
    ],
    [{ enum: [1, 2, null] }, { kind: 'choice', values: [1, 2] }],
    [{ const: 'only' }, { kind: 'choice', values: ['only'] }],
    [{ enum: [true, false] }, { kind: 'boolean' }],
    [
      { type: 'integer', minimum: 1, maximum: 9 },
      { kind: 'integer', min: 1, max: 9 },
    ],
    [
      { type: ['number', 'null'], maximum: 2 },
      { kind: 'number', max: 2 },
    ],
    [
      { type: 'boolean', description: 'With sound' },
      { kind: 'boolean', note: 'With sound' },
    ],
    [
      { type: 'string', maxLength: 5 },
      { kind: 'text', maxLength: 5 },
    ],
    [
      { type: 'array', items: { type: 'string' }, maxItems: 3 },
      { kind: 'list', of: { kind: 'text' }, max: 3 },
    ],
    [{ anyOf: [{ type: 'boolean' }, { type: 'null' }] }, { kind: 'boolean' }],
    [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, { kind: 'json' }],
    [{ type: 'object', properties: {} }, { kind: 'json' }],
    [true, { kind: 'json' }],
  ] as const)('reads %j', (schema, field) => {
    expect(withParams({ mode: schema as unknown as Json }).options).toEqual({ mode: field });
  });

  it('gives common names to those that have one', () => {
    const { fields, options } = withParams({
      aspectRatio: { enum: ['16:9', '9:16'] },
      resolution: { type: 'string' },
      duration: { type: 'integer', minimum: 3, maximum: 15 },
      seed: { type: 'integer' },
      negativePrompt: { type: 'string' },
    });
    expect(Object.keys(fields)).toEqual(['aspectRatio', 'resolution', 'duration', 'seed']);
    expect(Object.keys(options)).toEqual(['negativePrompt']);
  });

  it('leaves an option what a common field could not carry', () => {
    const spec = withParams({
      duration: { enum: ['5s', '10s'] },
      resolution: { enum: [720, 1080] },
    });
    expect(spec.fields).toEqual({});
    expect(problemsOf(spec, { options: { duration: '5s', resolution: 720 } })).toEqual([]);
    expect(problemsOf(spec, { options: { duration: '6s' } })).toEqual([
      expect.stringMatching(/^options.duration: /),
    ]);
  });

  it('checks by the whole schema what a table cannot say', () => {
    const properties = {
      path: { type: 'string', pattern: '^(pan|tilt)$' },
      guidance: { type: 'number', multipleOf: 0.5 },
      duration: { type: 'integer', exclusiveMinimum: 4 },
      tier: { type: 'string' },
    };
    const spec = withParams(properties, { required: ['tier'], additionalProperties: false });
    expect(problemsOf(spec, { options: { tier: 'x', path: 'pan', guidance: 1.5 } })).toEqual([]);
    const wrong = { fields: { duration: 4 }, options: { path: 'zoom', guidance: 0.3 } };
    const problems = problemsOf(spec, wrong);
    expect(problems.map((text) => text.split(':')[0]).toSorted()).toEqual([
      'duration',
      'options.guidance',
      'options.path',
      'options.tier',
    ]);
    expect(problems).toContain('options.tier: is needed');
  });

  it('refuses what is not listed', () => {
    const spec = withParams({ quality: { type: 'string' } });
    expect(problemsOf(spec, { options: { qualty: 'x' } })).toEqual([
      'options.qualty: wonda:new-video takes no option qualty',
    ]);
    expect(problemsOf(spec, { fields: { duration: 4 } })).toEqual([
      'duration: wonda:new-video takes no duration',
    ]);
  });

  it('takes any option where none is listed, unless the list is closed', () => {
    expect(withParams({}).options).toBe('unchecked');
    expect(video({}).options).toBe('unchecked');
    expect(withParams({}, { additionalProperties: false }).options).toEqual({});
  });

  it('says so when a schema cannot be checked as a whole', () => {
    const spec = withParams({ mode: { enum: ['a'] } }, { not: { required: ['x'] } });
    expect(spec.notes).toContain('its parameters are checked one by one, not together');
    expect(problemsOf(spec, { options: { mode: 'b' } })).toHaveLength(1);
    expect(withParams({}).notes).not.toContain(spec.notes.at(-1));
  });
});

describe('attachments', () => {
  it.each([
    [[], 0, ['image']],
    [['input_image'], 1, ['image']],
    [['input_video'], 1, ['video']],
    [['reference_images'], 16, ['image']],
    [['asset'], 1, ['image', 'video']],
    [undefined, 16, ['image', 'video']],
    [['Up to 14 optional reference images.'], 16, ['image', 'video']],
  ])('counts %j', (attachments, max, reads) => {
    const { references } = video(attachments === undefined ? {} : { attachments });
    expect(references).toEqual({ min: 0, max, reads, takes: ['file', 'own'], roles: [] });
  });

  it('takes several names for roles, each with its kind', () => {
    const { references } = video({ attachments: ['first_frame', 'input_video', 'extra_images'] });
    expect(references).toMatchObject({
      max: 16,
      reads: ['image', 'video'],
      roles: ['first_frame', 'input_video', 'extra_images'],
      readsByRole: { first_frame: 'image', input_video: 'video', extra_images: 'image' },
    });
  });

  it.each([
    [['first_frame'], undefined],
    [['first_frame', 'last_frame'], undefined],
    [['first_frame', 'last_frame', 'reference_images', 'reference_images'], undefined],
    [['last_frame'], 'last_frame needs first_frame before it'],
    [['', ''], 'two as first_frame: give each its role, first_frame, last_frame, reference_images'],
    [
      ['first_frame', 'last_frame', 'first_frame'],
      'go in this order: first_frame, last_frame, reference_images',
    ],
  ])('are positional: %j', (roles, message) => {
    const spec = video({ attachments: ['first_frame', 'last_frame', 'reference_images'] });
    expect(problemsOf(spec, {}, roles)).toEqual(message ? [`references: ${message}`] : []);
  });
});

describe('the catalogue', () => {
  it('without a live list knows video models by name and sends their options unchecked', () => {
    const videos = seeds.filter(({ makes }) => makes === 'video');
    expect(videos).toHaveLength(15);
    for (const { options, notes } of videos) {
      expect(options).toBe('unchecked');
      expect(notes[0]).toContain('ask the vendor: shotlist models wonda');
    }
  });

  it('takes a listed video model for what the list says', () => {
    const params = { type: 'object', properties: { duration: { enum: [5, 10] } } };
    const spec = video({ params, attachments: ['reference_images'] }, 'kling_3_pro');
    expect(spec.fields).toEqual({ duration: { kind: 'choice', values: [5, 10] } });
    expect(spec.promptMaxLength).toBe(2_500);
    const other = modelsOf({ video: [{ key: 'kling_3_pro', params }] });
    const sora = other.find(({ id }) => id === 'sora2');
    expect(sora?.notes).toContain("not in the vendor's live list");
  });

  it('keeps what is known of the number of attachments', () => {
    const { references } = video({ attachments: ['reference_images'] }, 'gemini-omni-video');
    expect(references).toMatchObject({ min: 0, max: 7 });
    const upscale = video({ attachments: ['input_video'] }, 'topaz-video-upscale');
    expect(upscale.references).toMatchObject({ min: 1, max: 1, reads: ['video'] });
    const none = video({ attachments: [] }, 'topaz-video-upscale');
    expect(none.references).toMatchObject({ min: 0, max: 0 });
  });

  it('adds models that only the list has, each once', () => {
    const models = modelsOf({
      image: [{ key: 'new-image' }, { key: 'both' }],
      video: [{ key: 'both' }],
      text: [{ key: 'new-text', description: 'Writes' }],
    });
    const added = models.filter(({ id }) => !seeds.some((seed) => seed.id === id));
    expect(added.map(({ id, operation, makes }) => [id, operation, makes])).toEqual([
      ['new-image', 'image', 'image'],
      ['both', 'image', 'image'],
      ['new-text', 'text', 'text'],
    ]);
    expect(added[2]).toMatchObject({ prompt: 'required' });
    expect(added[2]?.notes).toContain('Writes');
  });

  it('lets the published table of image models stand, and says what is more or otherwise', () => {
    const properties = {
      aspectRatio: { enum: ['1:1', '5:4'] },
      resolution: { enum: ['1K', '2K', '4K'] },
      seed: { type: 'integer' },
      lighting: { enum: ['soft', 'hard'] },
    };
    const models = modelsOf({
      image: [{ key: 'nano-banana-2', attachments: [], params: { type: 'object', properties } }],
    });
    const model = models.find(({ id }) => id === 'nano-banana-2');
    const seed = seeds.find(({ id }) => id === 'nano-banana-2');
    expect(model).toMatchObject({
      references: seed?.references,
      fields: { ...seed?.fields, seed: { kind: 'integer' } },
      options: {
        styleId: { kind: 'text' },
        lighting: { kind: 'choice', values: ['soft', 'hard'] },
      },
    });
    expect(model?.notes).toEqual([
      "from the vendor's live list: seed, lighting",
      "the vendor's live list says otherwise: aspectRatio takes 1:1, 5:4",
    ]);
  });

  it.each<Json>([
    null,
    7,
    [],
    {},
    { generation: 5 },
    { generation: { video: 'x', image: [7, { key: '' }] } },
  ])('is the published one when the live list is %j', (models) => {
    const offer = wonda.offer({}, { ...nothingLearned, models });
    expect(offer.models.map(({ id }) => id)).toEqual(seeds.map(({ id }) => id));
  });
});
