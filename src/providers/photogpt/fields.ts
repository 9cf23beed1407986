/** The vendor's option group of a public model, and how the group spells common fields. */
export interface Family {
  readonly prefix: string;
  readonly group: string;
  readonly kind: 'image' | 'video';
  readonly aspectRatio: string;
}

/**
 * By the start of the model's id, so that a newer member of a family, let through as `unchecked`, is sent
 * in the family's shape.
 */
const families: readonly Family[] = [
  { prefix: 'nanobanana', group: 'gemini', kind: 'image', aspectRatio: 'aspectRatio' },
  { prefix: 'seedream', group: 'seedream', kind: 'image', aspectRatio: 'aspectRatio' },
  { prefix: 'gpt-image', group: 'openai', kind: 'image', aspectRatio: 'aspectRatio' },
  { prefix: 'veo', group: 'veo', kind: 'video', aspectRatio: 'aspectRatio' },
  { prefix: 'seedance', group: 'seedance', kind: 'video', aspectRatio: 'ratio' },
  { prefix: 'kling', group: 'kling', kind: 'video', aspectRatio: 'aspectRatio' },
  { prefix: 'grok', group: 'grok', kind: 'video', aspectRatio: 'aspectRatio' },
];

/** Undefined for a model of no known family. */
export function familyOf(model: string): Family | undefined {
  return families.find(({ prefix }) => model.startsWith(prefix));
}

/** Options that stand beside `options` in the body, not in a group. */
export const bodyOptions: ReadonlySet<string> = new Set(['preset', 'elementIDs']);

/** The vendor's spellings that have a common name, with what to write instead. */
export const insteadOf: Readonly<Record<string, string>> = {
  modelID: 'model',
  numImages: 'outputs',
  numVideos: 'outputs',
  inputImageId: 'references',
  imageID: 'references',
  referenceImageURLs: 'references',
  referenceImages: 'references',
  referenceVideos: 'references',
  imageSize: 'resolution',
  ...Object.fromEntries(
    families.map(({ group }) => [group, `the settings of ${group} directly under options`]),
  ),
};
