import { z } from 'zod';

/** The rules of PhotoGPT's documents for request bodies, and nothing more lenient. */

const ratios = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'] as const;

const gemini = z.strictObject({
  imageSize: z.enum(['1K', '2K', '4K']).optional(),
  safetyFilterLevel: z
    .enum(['OFF', 'BLOCK_NONE', 'BLOCK_ONLY_HIGH', 'BLOCK_MEDIUM_AND_ABOVE', 'BLOCK_LOW_AND_ABOVE'])
    .optional(),
  sequentialMode: z.enum(['disabled', 'sequential']).optional(),
});

const seedream = (sizes: readonly string[], modes: readonly string[]) =>
  z.strictObject({
    imageSize: z.enum(sizes).optional(),
    optimizeMode: z.enum(modes).optional(),
    sequentialMode: z.enum(['auto', 'disabled']).optional(),
  });

const openai = z
  .strictObject({
    imageSize: z.enum(['1K', '2K', '4K']).optional(),
    quality: z.enum(['auto', 'high', 'medium', 'low']).optional(),
    background: z.enum(['auto', 'opaque']).optional(),
    moderation: z.enum(['auto', 'low']).optional(),
    outputFormat: z.enum(['png', 'jpeg']).optional(),
    outputCompression: z.int().min(0).max(100).optional(),
  })
  .refine((options) => options.outputFormat !== 'png' || options.outputCompression === undefined, {
    path: ['outputCompression'],
    message: 'only valid when outputFormat is jpeg',
  });

function imageModel(group: string, references: number, options: z.ZodType) {
  return z.strictObject({
    modelID: z.string(),
    prompt: z.string().trim().min(1, 'prompt is required'),
    preset: z.string().optional(),
    aspectRatio: z.enum(ratios).optional(),
    numImages: z.int().min(1).max(4).optional(),
    referenceImageURLs: z.array(z.string()).max(references).optional(),
    options: z.strictObject({ [group]: options.optional() }).optional(),
  });
}

export const imageModels: Readonly<Record<string, z.ZodType>> = {
  nanobanana: imageModel('gemini', 3, gemini),
  'nanobanana-pro': imageModel('gemini', 14, gemini),
  'nanobanana-2': imageModel('gemini', 14, gemini),
  seedream: imageModel('seedream', 10, seedream(['1K', '2K', '4K'], ['standard', 'fast'])),
  'seedream-4_5': imageModel('seedream', 10, seedream(['2K', '4K'], ['standard'])),
  'seedream-5-lite': imageModel('seedream', 10, seedream(['2K', '3K'], ['standard'])),
  'gpt-image-2': imageModel('openai', 10, openai),
};

/** Ranges of a trained model's fields are not documented: these refuse only senseless values. */
export const trainedModel = z.strictObject({
  modelID: z.string(),
  prompt: z.string().optional(),
  preset: z.string().optional(),
  inputImageId: z.string().optional(),
  width: z.int().min(64).max(4_096).optional(),
  height: z.int().min(64).max(4_096).optional(),
  numImages: z.int().min(1).max(8).optional(),
  steps: z.int().min(1).max(200).optional(),
  seed: z.int().min(0).optional(),
  runType: z.string().optional(),
  enhanceFace: z.boolean().optional(),
  styleStrength: z.number().min(0).max(1).optional(),
});

const veo = z.strictObject({
  aspectRatio: z.enum(['16:9', '9:16']).optional(),
  duration: z.literal([4, 6, 8]).optional(),
  resolution: z.enum(['720p', '1080p']).optional(),
  enhancePrompt: z.boolean().optional(),
  generateAudio: z.boolean().optional(),
  negativePrompt: z.string().optional(),
  seed: z.int().optional(),
});

/** Groups with undocumented options accept any plain value. */
const undocumented = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

function videoModel(group: string, options: z.ZodType) {
  return z
    .strictObject({
      modelID: z.string(),
      prompt: z.string().trim().min(1, 'prompt is required'),
      numVideos: z.int().min(1).max(4).optional(),
      referenceImages: z
        .array(
          z.strictObject({
            url: z.string(),
            role: z.enum(['first_frame', 'last_frame', 'reference_image']),
          }),
        )
        .optional(),
      referenceVideos: z
        .array(z.strictObject({ url: z.string(), role: z.literal('reference_video') }))
        .optional(),
      elementIDs: z.array(z.string()).optional(),
      options: z.strictObject({ [group]: options.optional() }).optional(),
    })
    .superRefine((body, check) => {
      const chosen = body.options?.[group] as { duration?: number } | undefined;
      const referenced = body.referenceImages?.some(({ role }) => role === 'reference_image');
      if (group === 'veo' && referenced === true && (chosen?.duration ?? 8) !== 8) {
        check.addIssue({
          code: 'custom',
          path: ['options', 'veo', 'duration'],
          message: 'must be 8 with a reference_image',
        });
      }
    });
}

export const videoModels: Readonly<Record<string, z.ZodType>> = {
  'veo-3.1': videoModel('veo', veo),
  'veo-3.1-fast': videoModel('veo', veo),
  'seedance-1.5-pro': videoModel('seedance', undocumented),
  'seedance-2.0': videoModel('seedance', undocumented),
  'kling-video-standard': videoModel('kling', undocumented),
  'kling-video-pro': videoModel('kling', undocumented),
  'kling-motion-standard': videoModel('kling', undocumented),
  'kling-motion-pro': videoModel('kling', undocumented),
  'grok-imagine-1.5': videoModel('grok', undocumented),
};

export const upscaling = z.strictObject({ imageID: z.string().min(1) });

const subject = {
  name: z.string().trim().min(1),
  age: z.number().positive(),
  gender: z.enum(['Male', 'Female']),
  ethnicity: z.string().optional(),
  eyeColor: z.string().optional(),
  userID: z.string().optional(),
};
export const newModel = z.strictObject(subject);
export const changedModel = z.strictObject({ ...subject, id: z.string() }).partial();

export const uploadData = z.strictObject({
  modelID: z.string().min(1),
  type: z.enum(['modelInput', 'auxiliaryType']),
});

export const presets = ['editorial', 'headshot', 'cinematic', 'studio', 'noir', 'watercolor'].map(
  (tag) => ({ tag, name: `${tag.charAt(0).toUpperCase()}${tag.slice(1)}` }),
);
