import { createHash } from 'node:crypto';
import { matchesGlob } from 'node:path';
import type { Files } from '../../src/batch/data/files.ts';
import type { AccountSpec, Catalogue, ModelSpec } from '../../src/batch/model-spec.ts';

const noReferences = { min: 0, max: 0, reads: [], takes: [], roles: [] } as const;

/** An image model with options, a rule between fields, and references by link. */
export const painter: ModelSpec = {
  id: 'painter',
  operation: 'image',
  makes: 'image',
  trained: false,
  prompt: 'required',
  promptMaxLength: 200,
  fields: {
    aspectRatio: { kind: 'choice', values: ['1:1', '4:5', '3:4'] },
    resolution: { kind: 'choice', values: ['1k', '2k'] },
    outputs: { kind: 'integer', min: 1, max: 4 },
    seed: { kind: 'integer', min: 0 },
  },
  references: { min: 0, max: 2, reads: ['image'], takes: ['link', 'own'], roles: [] },
  options: {
    safety: { kind: 'choice', values: ['LOW', 'HIGH'] },
    steps: { kind: 'integer', min: 1, max: 50 },
    strength: { kind: 'number', min: 0, max: 1 },
    enhance: { kind: 'boolean' },
    note: { kind: 'text', maxLength: 10 },
    elements: { kind: 'list', of: { kind: 'text' }, max: 2 },
  },
  insteadOf: { numImages: 'outputs' },
  check: (request) =>
    request.options['steps'] === 13
      ? [{ field: 'options.steps', message: 'steps 13 goes with no safety' }]
      : [],
  notes: [],
};

/** Reads files; takes no 4:5. */
const editor: ModelSpec = {
  ...painter,
  id: 'editor',
  operation: 'edit',
  fields: {
    aspectRatio: { kind: 'choice', values: ['1:1', '3:4'] },
    outputs: { kind: 'integer', max: 4 },
  },
  references: { min: 1, max: 1, reads: ['image'], takes: ['file', 'link'], roles: [] },
  check: undefined,
};

const enlarger: ModelSpec = {
  ...painter,
  id: 'upscale',
  operation: 'upscale',
  prompt: 'none',
  fields: {},
  references: { min: 1, max: 1, reads: ['image'], takes: ['own'], roles: [] },
  options: {},
};

const video: ModelSpec = {
  ...painter,
  id: 'video',
  operation: 'video',
  makes: 'video',
  fields: { duration: { kind: 'choice', values: [4, 8] }, seed: { kind: 'integer' } },
  references: {
    min: 0,
    max: 3,
    reads: ['image', 'video'],
    takes: ['link', 'file', 'own'],
    roles: ['first_frame', 'reference_video'],
    readsByRole: { reference_video: 'video' },
  },
  options: 'unchecked',
};

const trained: ModelSpec = {
  ...painter,
  id: 'trained',
  trained: true,
  prompt: 'optional',
  fields: { seed: { kind: 'integer' }, outputs: { kind: 'integer', max: 4 } },
  references: noReferences,
  options: { preset: { kind: 'text' }, steps: { kind: 'integer' } },
};

export const studio: AccountSpec = {
  name: 'studio',
  key: 'studio@https://studio.test',
  vendor: 'studio',
  unit: 'credits',
  models: [painter, enlarger, video, trained],
  training: {
    imagesMin: 12,
    imagesMax: 20,
    subject: {
      gender: { kind: 'choice', values: ['Female', 'Male'], required: true },
      age: { kind: 'integer', min: 1, max: 120, required: true },
      eyeColor: { kind: 'text', required: false },
    },
  },
  hostsFiles: false,
  price: (request) => ({
    amount: 10_000 * (request.outputs ?? 1),
    unit: 'credits',
    basis: 'exact',
  }),
  trainingPrice: () => ({ amount: 300_000, unit: 'credits', basis: 'assumed' }),
};

export const dollars: AccountSpec = {
  ...studio,
  name: 'dollars',
  key: 'dollars@https://dollars.test',
  vendor: 'dollars',
  unit: 'usd',
  models: [editor],
  training: undefined,
  price: () => ({ amount: 40_000, unit: 'usd', basis: 'exact' }),
};

export const catalogue: Catalogue = new Map([
  ['studio', studio],
  ['dollars', dollars],
]);

/** Files held in memory; what an image shows is its text. */
export function memoryFiles(contents: Readonly<Record<string, string>>): Files {
  const paths = Object.keys(contents).sort();
  const mimes: Record<string, string> = { jpg: 'image/jpeg', png: 'image/png', mp4: 'video/mp4' };
  return {
    read: (path) => {
      const text = contents[path];
      return text === undefined ? undefined : new TextEncoder().encode(text);
    },
    match: (pattern) =>
      paths.includes(pattern)
        ? [pattern]
        : paths.filter((path) => matchesGlob(path.toLowerCase(), pattern.toLowerCase())),
    facts: (path) => {
      const text = contents[path];
      if (text === undefined) return undefined;
      const mime = mimes[path.slice(path.lastIndexOf('.') + 1).toLowerCase()];
      const sha256 = createHash('sha256').update(text).digest('hex');
      return { sha256, bytes: text.length, mime };
    },
  };
}

/** `count` different images in a folder. */
export function images(folder: string, count: number): Record<string, string> {
  const entries = Array.from({ length: count }, (_, index) => [
    `${folder}/${String(index + 1).padStart(2, '0')}.jpg`,
    `${folder} ${index}`,
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}
