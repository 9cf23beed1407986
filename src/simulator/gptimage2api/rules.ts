import { z } from 'zod';

/** The rules of GPTImage2API's documents for request bodies, and nothing more lenient. */

type Body = Readonly<Record<string, unknown>>;

interface Rule {
  readonly body: z.ZodType;
  credits(body: Body): number;
}

const links = z.array(z.string());
const prompt = z.string('Prompt is required').trim().min(1, 'Prompt is required');
const anyRatio = z.string().regex(/^(auto|\d+:\d+)$/);

interface ImageModel {
  readonly references: number;
  readonly longest: number;
  readonly ratio?: z.ZodType;
  /** One price, or one per resolution. The first counts when no resolution is sent. */
  readonly credits: number | Readonly<Record<string, number>>;
}

function image({ references, longest, ratio, credits }: ImageModel): Rule {
  const byResolution = typeof credits === 'number' ? { any: credits } : credits;
  const named = typeof credits === 'number' ? z.string() : z.enum(Object.keys(credits));
  return {
    body: z.strictObject({
      prompt: prompt.max(longest, `Prompt is longer than ${longest} characters`),
      model: z.string(),
      aspectRatio: (ratio ?? anyRatio).optional(),
      inputImageUrls: links.max(references).optional(),
      resolution: named.optional(),
      outputFormat: z.string().optional(),
      providerInput: z.record(z.string(), z.unknown()).optional(),
    }),
    credits: ({ resolution }) =>
      byResolution[String(resolution)] ?? Object.values(byResolution)[0] ?? 0,
  };
}

const ratios = ['auto', '1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3', '4:5', '5:4', '21:9'];

export const imageModels: Readonly<Record<string, Rule>> = {
  'gpt-image-2': image({ references: 4, longest: 20_000, ratio: z.enum(ratios), credits: 3 }),
  'nano-banana-2': image({
    references: 14,
    longest: 20_000,
    credits: { '1K': 4, '2K': 6, '4K': 8 },
  }),
  'nano-banana-pro': image({ references: 8, longest: 10_000, credits: { '2K': 12, '4K': 20 } }),
  'google/nano-banana': image({ references: 10, longest: 5_000, credits: 3 }),
};

interface VideoRule {
  readonly modes: readonly ('text_to_video' | 'image_to_video')[];
  readonly durations: readonly number[];
  /** By resolution, then one price per step of the duration. */
  readonly credits: Readonly<Record<string, readonly number[]>>;
  readonly resolutions?: readonly string[];
}

/** The schema of a video's body is not documented, so further fields are allowed. */
function video({ modes, durations, credits, resolutions }: VideoRule): Rule {
  const body = z
    .looseObject({
      inputMode: z.enum(modes, 'inputMode does not match the model'),
      prompt,
      model: z.string(),
      duration: z.literal([...durations]).optional(),
      inputImageUrls: links.optional(),
      aspectRatio: anyRatio.optional(),
      resolution: (resolutions ? z.enum(resolutions) : z.string()).optional(),
    })
    .refine(
      ({ inputMode, inputImageUrls }) =>
        inputMode === 'text_to_video' || (inputImageUrls ?? []).length > 0,
      { path: ['inputImageUrls'], message: 'image_to_video needs an image' },
    );
  return {
    body,
    credits({ duration, resolution }) {
      const steps = credits[String(resolution)] ?? Object.values(credits)[0] ?? [];
      const step = Math.max(0, durations.indexOf(Number(duration)));
      return steps[Math.min(step, steps.length - 1)] ?? 0;
    },
  };
}

const text = ['text_to_video'] as const;
const imageToVideo = ['image_to_video'] as const;
const both = [...text, ...imageToVideo] as const;

const fiveOrTen = (modes: VideoRule['modes'], five: number, ten: number): Rule =>
  video({ modes, durations: [5, 10], credits: { any: [five, ten] } });

const sora = (modes: VideoRule['modes'], credits: VideoRule['credits']): Rule =>
  video({ modes, durations: [5, 10, 15, 20], credits, resolutions: Object.keys(credits) });

const veo = (credits: number): Rule =>
  video({ modes: both, durations: [8], credits: { any: [credits] } });

/** Models without documented prices, with the simulator's own. */
const unpriced = (modes: VideoRule['modes']): Rule =>
  video({ modes, durations: [5, 10, 15, 20], credits: { any: [30, 60, 90, 120] } });

const soraCredits = { '720p': [5, 10, 20], '1080p': [8, 15, 30] };

export const videoModels: Readonly<Record<string, Rule>> = {
  'kling/v2-1-standard': fiveOrTen(imageToVideo, 11, 22),
  'kling/v2-1-pro': fiveOrTen(imageToVideo, 21, 42),
  'kling/v2-1-master-text-to-video': fiveOrTen(text, 67, 134),
  'sora-2-text-to-video': sora(text, soraCredits),
  'sora-2-image-to-video': sora(imageToVideo, soraCredits),
  'sora-2-pro-text-to-video': sora(text, { '720p': [16, 32, 64], '1080p': [24, 48, 96] }),
  'hailuo/02-text-to-video-standard': fiveOrTen(text, 13, 21),
  'hailuo/02-image-to-video-standard': fiveOrTen(imageToVideo, 13, 21),
  'hailuo/02-text-to-video-pro': fiveOrTen(text, 24, 48),
  'hailuo/02-image-to-video-pro': fiveOrTen(imageToVideo, 24, 48),
  veo3_fast: veo(9),
  veo3: veo(63),
  veo3_lite: veo(5),
  'wan/2-6-text-to-video': unpriced(text),
  'wan/2-6-image-to-video': unpriced(imageToVideo),
  'bytedance/seedance-1.5-pro': unpriced(both),
};

interface Details {
  readonly formErrors: readonly string[];
  readonly fieldErrors: Readonly<Record<string, readonly string[] | undefined>>;
}

/** All faults of a body, in the documented form. Undefined when there are none. */
export function faultsOf(rule: Rule, body: Body): Details | undefined {
  const { error } = rule.body.safeParse(body);
  return error && z.flattenError(error);
}

export function fieldFault(field: string, message: string): Details {
  return { formErrors: [], fieldErrors: { [field]: [message] } };
}
