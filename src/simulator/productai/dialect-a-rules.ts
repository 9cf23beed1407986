import { z } from 'zod';

/** The rules of ProductAI's documents, and nothing more lenient. */

/** Credits per image. */
export const credits: Readonly<Record<string, number>> = {
  nanobanana2: 5,
  nanobananapro: 8,
  nanobanana: 3,
  'kontext-pro': 3,
  'kontext-max': 3,
  seedream: 3,
  'gpt-high': 8,
};

const missing = (name: string): string => `Missing required parameter: ${name}`;

/** Assumes that a preset can replace a prompt, and that only one of the two image fields is allowed. */
export const generate = z
  .strictObject({
    model: z.enum(Object.keys(credits), {
      error: ({ input }) => (input === undefined ? missing('model') : 'Unknown model'),
    }),
    image_url: z.string().optional(),
    asset_id: z.string().optional(),
    prompt: z.string().trim().min(1, missing('prompt')).optional(),
    preset_id: z.string().optional(),
    num_images: z.int().min(1).max(4).optional(),
    aspect_ratio: z.enum(['1:1', '4:3', '3:4', '16:9', '9:16']).optional(),
    webhook_url: z.url().optional(),
  })
  .superRefine((body, context) => {
    const refuse = (message: string): void => context.addIssue({ code: 'custom', message });
    if (body.prompt === undefined && body.preset_id === undefined) refuse(missing('prompt'));
    const given = [body.image_url, body.asset_id].filter((one) => one !== undefined).length;
    if (given === 0) refuse(missing('image_url or asset_id'));
    if (given === 2) refuse('Give either image_url or asset_id');
  });

export const assetByLink = z.strictObject({
  url: z.string(),
  name: z.string().optional(),
  tags: z.array(z.string()).optional(),
});

const scenes = [
  ['lifestyle', 'Kitchen Morning'],
  ['lifestyle', 'Picnic'],
  ['studio', 'White Seamless'],
  ['studio', 'Marble Table'],
  ['seasonal', 'First Snow'],
] as const;

export const presets = scenes.map(([category, name]) => ({
  preset_id: `preset_${name.toLowerCase().replace(' ', '_')}`,
  name,
  description: `${name}, a scene for products`,
  category,
  type: 'system',
  thumbnail_url: 'https://cdn.productai.photo/presets/thumbnail.jpg',
  prompt: `The product in this scene: ${name}`,
  recommended_models: ['nanobanana2'],
  created_at: '2024-01-01T00:00:00Z',
}));
