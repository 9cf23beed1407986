import type { FieldSpec, ModelSpec, RuleBreach } from '../../batch/model-spec.ts';
import type { ShotRequest } from '../../batch/request.ts';
import { choice } from '../fields.ts';
import { insteadOf, type Listed, type PriceRow } from './listed.ts';

interface ImageModel {
  readonly id: string;
  readonly references: number;
  readonly promptMaxLength: number;
  readonly prices: readonly PriceRow[];
  readonly aspectRatio?: FieldSpec;
  readonly notes: readonly string[];
}

const anyRatio: FieldSpec = { kind: 'text', note: 'the ratios are not documented' };
const ratioOfGptImage = choice([
  'auto',
  '1:1',
  '16:9',
  '9:16',
  '4:3',
  '3:4',
  '3:2',
  '2:3',
  '4:5',
  '5:4',
  '21:9',
]);

function imageModel(model: ImageModel, defaultResolution: string | undefined): Listed {
  const resolutions = model.prices.flatMap(({ resolution }) => resolution ?? []);
  const known = resolutions.find((resolution) => resolution === defaultResolution);
  const spec: ModelSpec = {
    id: model.id,
    operation: 'image',
    makes: 'image',
    trained: false,
    prompt: 'required',
    promptMaxLength: model.promptMaxLength,
    fields: {
      aspectRatio: model.aspectRatio ?? anyRatio,
      resolution:
        resolutions.length > 0
          ? choice(resolutions, known)
          : { kind: 'text', note: 'the values are not documented; the price is the same' },
    },
    references: {
      min: 0,
      max: model.references,
      reads: ['image'],
      takes: ['link', 'own'],
      roles: [],
    },
    options: {
      outputFormat: { kind: 'text', note: 'the values are not documented' },
      providerInput: { kind: 'json', note: 'a record; passed on to the upstream unchecked' },
    },
    insteadOf,
    check: providerInputIsRecord,
    notes: model.notes,
  };
  return { spec, prices: model.prices };
}

function providerInputIsRecord({ options }: ShotRequest): RuleBreach[] {
  const { providerInput } = options;
  const isRecord = providerInput !== null && typeof providerInput === 'object';
  if (providerInput === undefined || (isRecord && !Array.isArray(providerInput))) return [];
  return [{ field: 'options.providerInput', message: 'must be a record' }];
}

const openResolution = 'the default resolution is not documented: priced as the dearest';

const images: readonly ImageModel[] = [
  {
    id: 'gpt-image-2',
    references: 4,
    promptMaxLength: 20_000,
    prices: [{ credits: 3 }],
    aspectRatio: ratioOfGptImage,
    notes: [],
  },
  {
    id: 'nano-banana-2',
    references: 14,
    promptMaxLength: 20_000,
    prices: [
      { resolution: '1K', credits: 4 },
      { resolution: '2K', credits: 6 },
      { resolution: '4K', credits: 8 },
    ],
    notes: [openResolution],
  },
  {
    id: 'nano-banana-pro',
    references: 8,
    promptMaxLength: 10_000,
    prices: [
      { resolution: '2K', credits: 12 },
      { resolution: '4K', credits: 20 },
    ],
    notes: [openResolution, '1K is neither documented nor priced'],
  },
  {
    id: 'google/nano-banana',
    references: 10,
    promptMaxLength: 5_000,
    prices: [{ credits: 3 }],
    notes: [],
  },
];

/** @param defaultResolution the vendor's default resolution, from the account settings */
export function imageModels(defaultResolution: string | undefined): readonly Listed[] {
  return images.map((model) => imageModel(model, defaultResolution));
}
