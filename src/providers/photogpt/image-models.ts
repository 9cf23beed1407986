import type { FieldSpec, ModelSpec, RuleBreach } from '../../batch/model-spec.ts';
import type { ShotRequest } from '../../batch/request.ts';
import { choice } from '../fields.ts';
import { insteadOf } from './fields.ts';

const aspectRatio = choice(
  ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'],
  '1:1',
);
const preset: FieldSpec = {
  kind: 'text',
  note: 'id of one of the presets; `shotlist presets ACCOUNT` lists them',
};
const safetyFilterLevel = choice([
  'OFF',
  'BLOCK_NONE',
  'BLOCK_ONLY_HIGH',
  'BLOCK_MEDIUM_AND_ABOVE',
  'BLOCK_LOW_AND_ABOVE',
]);

interface ImageModel {
  readonly id: string;
  readonly references: number;
  readonly resolution: FieldSpec;
  readonly options: Readonly<Record<string, FieldSpec>>;
  readonly check?: ModelSpec['check'];
  readonly notes: readonly string[];
}

function imageModel(model: ImageModel): ModelSpec {
  return {
    id: model.id,
    operation: 'image',
    makes: 'image',
    trained: false,
    prompt: 'required',
    fields: {
      aspectRatio,
      resolution: model.resolution,
      outputs: { kind: 'integer', min: 1, max: 4 },
    },
    references: {
      min: 0,
      max: model.references,
      reads: ['image'],
      takes: ['link', 'own'],
      roles: [],
    },
    options: { preset, ...model.options },
    insteadOf,
    ...(model.check && { check: model.check }),
    notes: model.notes,
  };
}

function gemini(id: string, references: number): ModelSpec {
  return imageModel({
    id,
    references,
    resolution: choice(['1K', '2K', '4K'], '1K'),
    options: { safetyFilterLevel, sequentialMode: choice(['disabled', 'sequential']) },
    notes: ['the defaults of safetyFilterLevel and sequentialMode are not documented'],
  });
}

/** Documented: `disabled` becomes `auto` above one output, so both values would buy the same. */
function disabledMakesOne({ options, outputs = 1 }: ShotRequest): RuleBreach[] {
  if (options.sequentialMode !== 'disabled' || outputs === 1) return [];
  return [
    {
      field: 'options.sequentialMode',
      message: 'disabled is taken for auto by the vendor with more than one output',
      hint: 'leave it out, or write outputs: 1 and takes for several images',
    },
  ];
}

function seedream(
  id: string,
  sizes: readonly string[],
  optimizeModes: readonly string[],
): ModelSpec {
  return imageModel({
    id,
    references: 10,
    resolution: choice(sizes),
    options: {
      optimizeMode: choice(optimizeModes),
      sequentialMode: {
        kind: 'choice',
        values: ['auto', 'disabled'],
        note: 'always auto with more than one output',
      },
    },
    check: disabledMakesOne,
    notes: ['the defaults of resolution, optimizeMode and sequentialMode are not documented'],
  });
}

function compressionNeedsJpeg({ options }: ShotRequest): RuleBreach[] {
  const format = options.outputFormat ?? 'jpeg';
  if (options.outputCompression === undefined || format === 'jpeg') return [];
  const message = 'goes with outputFormat jpeg only';
  return [{ field: 'options.outputCompression', message }];
}

const gptImage = imageModel({
  id: 'gpt-image-2',
  references: 10,
  resolution: choice(['1K', '2K', '4K']),
  options: {
    quality: choice(['auto', 'high', 'medium', 'low']),
    background: choice(['auto', 'opaque'], 'auto'),
    moderation: choice(['auto', 'low'], 'auto'),
    outputFormat: choice(['png', 'jpeg'], 'jpeg'),
    outputCompression: { kind: 'integer', min: 0, max: 100, note: 'with outputFormat jpeg only' },
  },
  check: compressionNeedsJpeg,
  notes: [
    'edges are at most 3840 px and multiples of 16',
    'the defaults of resolution and quality are not documented',
  ],
});

/** Documented: most workflows of a trained model include a prompt, a preset or a reference. */
function wordless({ prompt, options, references }: ShotRequest): RuleBreach[] {
  if (prompt !== undefined || options.preset !== undefined || references.length > 0) return [];
  return [
    {
      field: 'prompt',
      message: 'a trained model needs a prompt, options.preset or a reference',
      hint: 'write a prompt',
    },
  ];
}

const positive: FieldSpec = { kind: 'integer', min: 1 };

const trained: ModelSpec = {
  id: 'trained',
  operation: 'image',
  makes: 'image',
  trained: true,
  prompt: 'optional',
  fields: { outputs: positive, seed: { kind: 'integer' } },
  references: { min: 0, max: 1, reads: ['image'], takes: ['file'], roles: [] },
  options: {
    preset,
    width: positive,
    height: positive,
    steps: positive,
    runType: { kind: 'text' },
    enhanceFace: { kind: 'boolean' },
    styleStrength: { kind: 'number' },
  },
  insteadOf,
  check: wordless,
  notes: [
    'needs one of prompt, preset and a reference',
    'a model keeps at most 20 references',
    'ranges, defaults, the values of runType and the largest number of outputs are not documented',
  ],
};

const upscale: ModelSpec = {
  id: 'upscale',
  operation: 'upscale',
  makes: 'image',
  trained: false,
  prompt: 'none',
  fields: {},
  references: { min: 1, max: 1, reads: ['image'], takes: ['own'], roles: [] },
  options: {},
  insteadOf,
  notes: ['takes images that this account made', 'the price is not documented'],
};

export const imageModels: readonly ModelSpec[] = [
  gemini('nanobanana', 3),
  gemini('nanobanana-pro', 14),
  gemini('nanobanana-2', 14),
  seedream('seedream', ['1K', '2K', '4K'], ['standard', 'fast']),
  seedream('seedream-4_5', ['2K', '4K'], ['standard']),
  seedream('seedream-5-lite', ['2K', '3K'], ['standard']),
  gptImage,
  trained,
  upscale,
];
