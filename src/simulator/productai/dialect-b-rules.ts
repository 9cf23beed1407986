import { z } from 'zod';

/** The known rules of the API that ProductAI's own clients call. */

const prompt = z.string().trim().min(1);
const output_format = z.enum(['png', 'jpg', 'jpeg']).optional();
const names = ['SQUARE', 'LANDSCAPE', 'PORTRAIT'] as const;
const ratioOf: Readonly<Record<string, string>> = {
  SQUARE: '1:1',
  LANDSCAPE: '3:2',
  PORTRAIT: '2:3',
  LANDSCAPE_4_3: '4:3',
  LANDSCAPE_5_4: '5:4',
  SQUARE_1_1: '1:1',
  PORTRAIT_4_5: '4:5',
  PORTRAIT_3_4: '3:4',
};
const ratios = [...Object.keys(ratioOf), ...Object.values(ratioOf).slice(3)];

const links = (most: number) =>
  z.union([z.string(), z.array(z.string()).min(1).max(most)], {
    error: `one link, or a list of at most ${most}`,
  });

export interface Rule {
  readonly body: z.ZodType;
  /** The simulator's own value when the price is not known. */
  readonly credits: number;
  readonly makes: 'image' | 'video';
}

function plain(credits: number, most: number): Rule {
  const aspect_ratio = z.enum(names).optional();
  const fields = { model: z.string(), image_url: links(most), prompt };
  return {
    body: z.strictObject({ ...fields, output_format, aspect_ratio }),
    credits,
    makes: 'image',
  };
}

function nanobanana(credits: number): Rule {
  const body = z.strictObject({
    model: z.string(),
    image_url: links(14),
    prompt,
    output_format,
    aspect_ratio: z.enum(ratios).optional(),
    resolution: z.enum(['1K', '2K', '4K']).optional(),
  });
  return { body, credits, makes: 'image' };
}

export const imageModels: Readonly<Record<string, Rule>> = {
  'gpt-2': plain(8, 2),
  'gpt-1.5': plain(8, 2),
  'gpt-low': plain(2, 2),
  'gpt-medium': plain(3, 2),
  'gpt-high': plain(8, 2),
  'kontext-pro': plain(3, 2),
  'kontext-max': plain(3, 2),
  nanobananapro: nanobanana(8),
  nanobanana: nanobanana(3),
  nanobanana2: nanobanana(5),
  seedream: plain(3, 14),
};

export const videoModels: Readonly<Record<string, Rule>> = {
  seedance: {
    body: z.strictObject({
      model: z.string(),
      prompt,
      resolution: z.enum(['480p', '720p', '1080p', '4k']).optional(),
      aspect_ratio: z.enum(['auto', '21:9', '16:9', '4:3', '1:1', '3:4', '9:16']).optional(),
      duration: z.union([z.int().min(4).max(15), z.literal('auto')]).optional(),
      generate_audio: z.boolean().optional(),
      image_url: links(9).optional(),
    }),
    credits: 50,
    makes: 'video',
  },
  'gemini-omni': {
    body: z.strictObject({
      model: z.string(),
      prompt,
      image_url: links(1),
      aspect_ratio: z.enum(['16:9', '9:16']).optional(),
      duration: z.int().min(3).max(10).optional(),
    }),
    credits: 50,
    makes: 'video',
  },
};

export const upscale: Rule = {
  body: z.strictObject({ image_url: links(1) }),
  credits: 20,
  makes: 'image',
};

/** Any model that is not the vendor's own counts as a custom one. */
export const customModel: Rule = {
  body: z.strictObject({ model: z.string().min(1), image_url: links(1), prompt }),
  credits: 3,
  makes: 'image',
};

export function shapeOf(aspectRatio: string): string {
  const natural = aspectRatio === '' || aspectRatio === 'auto' ? '1:1' : aspectRatio;
  return ratioOf[aspectRatio] ?? natural;
}
