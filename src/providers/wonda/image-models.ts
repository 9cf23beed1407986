import type { FieldSpec, ModelSpec } from '../../batch/model-spec.ts';
import { choice } from '../fields.ts';

/** The vendor's names for common fields, with their replacements. */
export const insteadOf: Readonly<Record<string, string>> = {
  attachmentMediaIds: 'references',
  params: 'its content directly under options',
};

export const takes: ModelSpec['references']['takes'] = ['file', 'own'];

interface ImageModel {
  readonly id: string;
  readonly references: number;
  readonly fields?: ModelSpec['fields'];
  readonly options?: Readonly<Record<string, FieldSpec>>;
  readonly notes?: readonly string[];
}

function imageModel({ id, references, fields, options, notes }: ImageModel): ModelSpec {
  return {
    id,
    operation: 'image',
    makes: 'image',
    trained: false,
    prompt: 'required',
    fields: fields ?? {},
    references: { min: 0, max: references, reads: ['image'], takes, roles: [] },
    options: options ?? {},
    insteadOf,
    notes: notes ?? [],
  };
}

/** A model that reads exactly one image and no prompt. */
function edit(
  id: string,
  makes: 'image' | 'vector',
  options: Readonly<Record<string, FieldSpec>>,
  notes: readonly string[] = [],
): ModelSpec {
  return {
    ...imageModel({ id, references: 1, options, notes }),
    operation: 'edit',
    makes,
    prompt: 'none',
    references: { min: 1, max: 1, reads: ['image'], takes, roles: [] },
  };
}

const styleId: FieldSpec = { kind: 'text', format: 'uuid', note: 'of a style' };
const bananaRatios = ['9:16', '16:9', '1:1', '4:5', '4:3', '3:4', '3:2', '2:3', '21:9'];
const bananaResolution = choice(['1K', '2K', '4K'], '1K');

const grokFields: ModelSpec['fields'] = {
  aspectRatio: choice(
    ['9:16', '16:9', '1:1', '4:3', '3:4', '3:2', '2:3', '2:1', '1:2', 'auto'],
    '9:16',
  ),
  resolution: choice(['1k', '2k'], '1k'),
};

/** The vendor's published table, and one newer model. */
export const imageModels: readonly ModelSpec[] = [
  imageModel({
    id: 'nano-banana-2',
    references: 14,
    fields: {
      aspectRatio: choice([...bananaRatios, '8:1', '1:8', '4:1', '1:4', 'auto'], '9:16'),
      resolution: bananaResolution,
    },
    options: { styleId },
  }),
  imageModel({
    id: 'nano-banana-pro',
    references: 14,
    fields: {
      aspectRatio: choice([...bananaRatios, 'auto'], '9:16'),
      resolution: bananaResolution,
    },
    options: { styleId },
  }),
  imageModel({
    id: 'seedream-4-5',
    references: 14,
    fields: {
      aspectRatio: choice(['1:1', '4:3', '3:4', '16:9', '9:16', '3:2', '2:3', '21:9'], '16:9'),
      resolution: choice(['2K', '4K'], '2K'),
    },
  }),
  imageModel({
    id: 'z-image',
    references: 0,
    fields: {
      aspectRatio: choice(
        ['1:1', '21:9', '16:9', '4:3', '3:2', '2:3', '3:4', '9:16', '9:21'],
        '9:16',
      ),
    },
  }),
  imageModel({
    id: 'gpt-image-1-5',
    references: 16,
    fields: { aspectRatio: choice(['1:1', '16:9', '9:16'], '9:16') },
    options: {
      quality: choice(['auto', 'high', 'medium', 'low'], 'auto'),
      background: choice(['auto', 'transparent', 'opaque'], 'auto'),
    },
  }),
  imageModel({
    id: 'gpt-image-2',
    references: 4,
    fields: { aspectRatio: { kind: 'text', note: 'the allowed ratios are not documented' } },
    options: { quality: choice(['auto', 'low', 'medium', 'high']) },
    notes: [
      "newer than the published table: known from the vendor's own tools",
      'its largest edge is 1536 px',
    ],
  }),
  imageModel({ id: 'grok-imagine', references: 1, fields: grokFields }),
  imageModel({ id: 'grok-imagine-pro', references: 1, fields: grokFields }),
  edit('birefnet-bg-removal', 'image', {
    bgRemovalModel: choice(['portrait', 'general-fast', 'general-premium'], 'general-fast'),
    quality: choice(['low', 'high'], 'low'),
  }),
  edit(
    'runware-vectorize',
    'vector',
    { vectorizeModel: choice(['recraft:1@1', 'picsart:1@1'], 'recraft:1@1') },
    ['the type of its output is not documented; taken to be SVG'],
  ),
];
