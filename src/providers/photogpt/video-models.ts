import type { FieldSpec, ModelSpec, ReferenceSpec, RuleBreach } from '../../batch/model-spec.ts';
import type { ShotRequest } from '../../batch/request.ts';
import { choice } from '../fields.ts';
import { insteadOf } from './fields.ts';

const outputs: FieldSpec = {
  kind: 'integer',
  min: 1,
  note: 'the largest number is not documented',
};
const elementIDs: FieldSpec = { kind: 'list', of: { kind: 'text' } };
/** Assumed: the maximum number of references of a video model is not documented. */
const referencesMax = 10;

const stills: ReferenceSpec = {
  min: 0,
  max: referencesMax,
  reads: ['image'],
  takes: ['link', 'own'],
  roles: ['first_frame', 'last_frame', 'reference_image'],
};
const stillsAndVideos: ReferenceSpec = {
  ...stills,
  reads: ['image', 'video'],
  roles: [...stills.roles, 'reference_video'],
  readsByRole: { reference_video: 'video' },
};
const motion: ReferenceSpec = {
  ...stills,
  min: 1,
  reads: ['video', 'image'],
  roles: ['reference_video', ...stills.roles],
  readsByRole: { first_frame: 'image', last_frame: 'image', reference_image: 'image' },
};

function eightSecondsWithReferenceImage(request: ShotRequest): RuleBreach[] {
  const hasReferenceImage = request.references.some(({ role }) => role === 'reference_image');
  if (!hasReferenceImage || request.duration === undefined || request.duration === 8) return [];
  return [{ field: 'duration', message: 'must be 8 with a reference_image' }];
}

/** By their name, these models transfer motion from a video to an image. No other use is documented. */
function needsReferenceVideo({ references }: ShotRequest): RuleBreach[] {
  if (references.some(({ role }) => role === 'reference_video')) return [];
  return [
    {
      field: 'references',
      message: 'this model needs a reference_video',
      hint: 'give a video: { file: dance.mp4, role: reference_video }',
    },
  ];
}

function veo(id: string, notes: readonly string[]): ModelSpec {
  return {
    id,
    operation: 'video',
    makes: 'video',
    trained: false,
    prompt: 'required',
    fields: {
      aspectRatio: choice(['16:9', '9:16'], '16:9'),
      resolution: choice(['720p', '1080p'], '720p'),
      duration: choice([4, 6, 8], 8),
      outputs,
      seed: { kind: 'integer' },
    },
    references: stills,
    options: {
      enhancePrompt: { kind: 'boolean', default: true },
      generateAudio: { kind: 'boolean', default: false },
      negativePrompt: { kind: 'text' },
      elementIDs,
    },
    insteadOf,
    check: eightSecondsWithReferenceImage,
    notes,
  };
}

/** A model with a documented name for its option group, but no documented options. */
function undocumented(
  id: string,
  references: ReferenceSpec,
  notes: readonly string[],
  check?: ModelSpec['check'],
): ModelSpec {
  return {
    id,
    operation: 'video',
    makes: 'video',
    trained: false,
    prompt: 'required',
    fields: {
      aspectRatio: { kind: 'text' },
      resolution: { kind: 'text' },
      duration: { kind: 'number', min: 1 },
      outputs,
    },
    references,
    options: 'unchecked',
    insteadOf,
    ...(check && { check }),
    notes: ['the allowed values and options are not documented', ...notes],
  };
}

const needsVideo = ['taken to need a reference_video'];
const counts = 'how many references it takes is not documented';

export const videoModels: readonly ModelSpec[] = [
  veo('veo-3.1', [counts]),
  veo('veo-3.1-fast', [counts, 'its options are not documented; taken to be those of veo-3.1']),
  undocumented('seedance-1.5-pro', stillsAndVideos, []),
  undocumented('seedance-2.0', stillsAndVideos, []),
  undocumented('kling-video-standard', stillsAndVideos, []),
  undocumented('kling-video-pro', stillsAndVideos, []),
  undocumented('kling-motion-standard', motion, needsVideo, needsReferenceVideo),
  undocumented('kling-motion-pro', motion, needsVideo, needsReferenceVideo),
  undocumented('grok-imagine-1.5', stillsAndVideos, []),
];
