import type { FieldSpec, ModelSpec, ReferenceSpec } from '../../batch/model-spec.ts';
import { choice } from '../fields.ts';
import { insteadOf, takes } from './image-models.ts';

/** Assumed maximum for a model without a documented number of attachments. */
export const referencesMax = 16;

const any: FieldSpec = { kind: 'text' };

interface VideoModel {
  readonly id: string;
  readonly duration?: FieldSpec;
  readonly fields?: ModelSpec['fields'];
  readonly references?: Partial<ReferenceSpec>;
  readonly promptMaxLength?: number;
  readonly notes?: readonly string[];
}

/** A model with a known key. Its parameters are only in the live list. */
function videoModel({
  id,
  duration,
  fields,
  references,
  promptMaxLength,
  notes,
}: VideoModel): ModelSpec {
  return {
    id,
    operation: 'video',
    makes: 'video',
    trained: false,
    prompt: 'optional',
    ...(promptMaxLength !== undefined && { promptMaxLength }),
    fields: fields ?? {
      aspectRatio: any,
      resolution: any,
      duration: duration ?? { kind: 'number', min: 1 },
    },
    references: {
      min: 0,
      max: referencesMax,
      reads: ['image', 'video'],
      takes,
      roles: [],
      ...references,
    },
    options: 'unchecked',
    insteadOf,
    notes: [
      'its parameters and whether it needs a prompt are not documented; ask the vendor: shotlist models wonda',
      ...(notes ?? []),
    ],
  };
}

/** From the vendor's own tools; for models that edit a video, also from their names. */
export const videoModels: readonly ModelSpec[] = [
  videoModel({
    id: 'seedance-2',
    duration: choice([5, 10, 15]),
    notes: ['the option quality takes high and basic'],
  }),
  videoModel({ id: 'seedance-2-omni' }),
  videoModel({ id: 'seedance-2-video-edit', references: { min: 1, reads: ['video', 'image'] } }),
  videoModel({ id: 'sora2' }),
  videoModel({ id: 'sora2pro', duration: { kind: 'number', min: 1, max: 20 } }),
  videoModel({
    id: 'kling_3_pro',
    fields: {
      aspectRatio: choice(['16:9', '9:16', '1:1']),
      resolution: any,
      duration: { kind: 'number', min: 3, max: 15 },
    },
    promptMaxLength: 2_500,
  }),
  videoModel({ id: 'kling_2_6_pro', duration: { kind: 'number', min: 5, max: 10 } }),
  videoModel({
    id: 'kling_2_6_motion_control',
    references: { min: 2, max: 2 },
    notes: ['reads an image, then a video'],
  }),
  videoModel({ id: 'kling2_5-pro', duration: { kind: 'number', min: 5, max: 10 } }),
  videoModel({ id: 'veo3_1' }),
  videoModel({ id: 'veo3_1-fast' }),
  videoModel({ id: 'grok-imagine-video', duration: { kind: 'number', min: 5, max: 15 } }),
  videoModel({
    id: 'gemini-omni-video',
    fields: {
      aspectRatio: choice(['16:9', '9:16']),
      resolution: choice(['720p', '1080p', '4K']),
      duration: choice([4, 6, 8, 10]),
    },
    references: { max: 7 },
  }),
  videoModel({
    id: 'topaz-video-upscale',
    fields: {},
    references: { min: 1, max: 1, reads: ['video'] },
    notes: ['the option upscaleFactor takes 1 to 4'],
  }),
  videoModel({
    id: 'sync-lipsync-v2-pro',
    fields: {},
    references: { min: 1, max: 2, reads: ['video', 'audio', 'image'] },
    notes: ['reads a video and sound, and Shotlist hands no sound over'],
  }),
];
