import { z } from 'zod';

/** A model as the live list shows it, and the price entry of its requests. */
export interface Model {
  readonly key: string;
  readonly section: 'image' | 'video' | 'text';
  readonly label: string;
  readonly prompt: 'required' | 'optional' | 'none';
  readonly attachments: readonly string[];
  readonly least: number;
  readonly most: number;
  readonly kinds: readonly ('image' | 'video')[];
  readonly params: z.ZodType<Record<string, unknown>>;
  /** The entry of the price list for its requests. */
  readonly work: 'image' | 'edit' | 'video' | 'text';
}

type Shape = Readonly<Record<string, z.ZodType>>;

function model(
  key: string,
  params: Shape,
  facts: Partial<Model> & Pick<Model, 'section' | 'work'>,
): Model {
  return {
    key,
    label: key.replaceAll(/[-_]/g, ' '),
    prompt: 'required',
    attachments: [],
    least: 0,
    most: 0,
    kinds: ['image'],
    params: z.strictObject(params),
    ...facts,
  };
}

function imageModel(key: string, most: number, params: Shape): Model {
  const attachments = most === 0 ? [] : [most === 1 ? 'reference_image' : 'reference_images'];
  return model(key, params, { section: 'image', work: 'image', attachments, most });
}

function edit(key: string, params: Shape): Model {
  const attachments = ['input_image'];
  const one = { prompt: 'none', attachments, least: 1, most: 1 } as const;
  return model(key, params, { section: 'image', work: 'edit', ...one });
}

function one(values: readonly string[], preset: string): z.ZodType {
  return z.enum(values).default(preset);
}

const banana = ['9:16', '16:9', '1:1', '4:5', '4:3', '3:4', '3:2', '2:3', '21:9'];
const bananaParams = (ratios: readonly string[]): Shape => ({
  aspectRatio: one([...banana, ...ratios, 'auto'], '9:16'),
  resolution: one(['1K', '2K', '4K'], '1K'),
  styleId: z.uuid().optional(),
});
const grok: Shape = {
  aspectRatio: one(
    ['9:16', '16:9', '1:1', '4:3', '3:4', '3:2', '2:3', '2:1', '1:2', 'auto'],
    '9:16',
  ),
  resolution: one(['1k', '2k'], '1k'),
};

const imageModels: readonly Model[] = [
  imageModel('nano-banana-2', 14, bananaParams(['8:1', '1:8', '4:1', '1:4'])),
  imageModel('nano-banana-pro', 14, bananaParams([])),
  imageModel('seedream-4-5', 14, {
    aspectRatio: one(['1:1', '4:3', '3:4', '16:9', '9:16', '3:2', '2:3', '21:9'], '16:9'),
    resolution: one(['2K', '4K'], '2K'),
  }),
  imageModel('z-image', 0, {
    aspectRatio: one(['1:1', '21:9', '16:9', '4:3', '3:2', '2:3', '3:4', '9:16', '9:21'], '9:16'),
  }),
  imageModel('gpt-image-1-5', 16, {
    aspectRatio: one(['1:1', '16:9', '9:16'], '9:16'),
    quality: one(['auto', 'high', 'medium', 'low'], 'auto'),
    background: one(['auto', 'transparent', 'opaque'], 'auto'),
  }),
  imageModel('gpt-image-2', 4, {
    aspectRatio: one(['1:1', '3:2', '2:3', '16:9', '9:16'], '1:1'),
    quality: one(['auto', 'low', 'medium', 'high'], 'auto'),
  }),
  imageModel('grok-imagine', 1, grok),
  imageModel('grok-imagine-pro', 1, grok),
  imageModel('lumen-image-1', 3, {
    aspectRatio: one(['1:1', '16:9'], '1:1'),
    seed: z.int().min(0).optional(),
    palette: z.array(z.string()).max(4).optional(),
  }),
  edit('birefnet-bg-removal', {
    bgRemovalModel: one(['portrait', 'general-fast', 'general-premium'], 'general-fast'),
    quality: one(['low', 'high'], 'low'),
  }),
  edit('runware-vectorize', { vectorizeModel: one(['recraft:1@1', 'picsart:1@1'], 'recraft:1@1') }),
];

interface VideoFacts {
  readonly duration?: z.ZodType;
  readonly more?: Shape;
  readonly facts?: Partial<Model>;
}

function videoModel(key: string, { duration, more, facts }: VideoFacts = {}): Model {
  const params = {
    aspectRatio: one(['16:9', '9:16', '1:1'], '16:9'),
    resolution: one(['720p', '1080p', '4K'], '720p'),
    duration: duration ?? z.int().min(1).max(20).default(5),
    ...more,
  };
  const both = { attachments: ['references'], most: 16, kinds: ['image', 'video'] } as const;
  return model(key, params, {
    section: 'video',
    work: 'video',
    prompt: 'optional',
    ...both,
    ...facts,
  });
}

const fiveToTen = z.int().min(5).max(10).default(5);

const videoModels: readonly Model[] = [
  videoModel('seedance-2', {
    duration: z.literal([5, 10, 15]).default(5),
    more: { quality: one(['high', 'basic'], 'high') },
  }),
  videoModel('seedance-2-omni'),
  videoModel('seedance-2-video-edit', { facts: { least: 1 } }),
  videoModel('sora2'),
  videoModel('sora2pro'),
  videoModel('kling_3_pro', {
    duration: z.int().min(3).max(15).default(5),
    more: {
      generateAudio: z.boolean().default(false),
      guidance: z.number().min(0).max(1).multipleOf(0.25).optional(),
      cameraPath: z
        .string()
        .regex(/^(pan|tilt|zoom)(,(pan|tilt|zoom))*$/)
        .optional(),
    },
  }),
  videoModel('kling_2_6_pro', { duration: fiveToTen }),
  videoModel('kling_2_6_motion_control', {
    facts: { attachments: ['image', 'video'], least: 2, most: 2 },
  }),
  videoModel('kling2_5-pro', { duration: fiveToTen }),
  videoModel('veo3_1'),
  videoModel('veo3_1-fast'),
  videoModel('grok-imagine-video', { duration: z.int().min(5).max(15).default(5) }),
  videoModel('gemini-omni-video', {
    duration: z.literal([4, 6, 8, 10]).default(6),
    facts: { attachments: ['reference_images'], most: 7 },
  }),
  videoModel('topaz-video-upscale', {
    more: { upscaleFactor: z.number().min(1).max(4).default(2) },
    facts: { attachments: ['input_video'], least: 1, most: 1, kinds: ['video'] },
  }),
  videoModel('sync-lipsync-v2-pro', {
    facts: { attachments: ['input_video', 'audio'], least: 1, most: 2 },
  }),
  videoModel('aurora-video-1', {
    duration: one(['5s', '10s'], '5s'),
    facts: { attachments: ['first_frame', 'last_frame'], most: 2, kinds: ['image'] },
  }),
];

const texts: readonly Model[] = [
  model(
    'scribe-text-1',
    {
      temperature: z.number().min(0).max(2).optional(),
      maxTokens: z.int().min(1).max(4_096).optional(),
    },
    { section: 'text', work: 'text', attachments: ['reference_images'], most: 4 },
  ),
];

/** Every model, by key. Models on no page of the vendor are made up: only the live list has them. */
export const models: ReadonlyMap<string, Model> = new Map(
  [...imageModels, ...videoModels, ...texts].map((each) => [each.key, each]),
);

/** `GET /capabilities`. Editing is empty, as the documents say. */
export function capabilities(): object {
  const listed = (section: Model['section']): object[] =>
    [...models.values()]
      .filter((each) => each.section === section)
      .map(({ key, label, attachments, params }) => ({
        key,
        label,
        description: `Makes ${section} of what it is reported`,
        attachments,
        params: z.toJSONSchema(params, { io: 'input' }),
      }));
  return {
    generation: { image: listed('image'), video: listed('video'), text: listed('text') },
    editing: { video: [], image: [], audio: [] },
    publish: [],
  };
}
