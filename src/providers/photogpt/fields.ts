/** The vendor's option group of a public model, and the group's spelling of common fields. */
export interface Family {
  readonly prefix: string;
  readonly group: string;
  readonly kind: 'image' | 'video';
  readonly aspectRatio: string;
}

/**
 * Matched by the prefix of the model's id. A newer, `unchecked` model of a family is sent in the family's
 * shape.
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

/** Undefined for a model of an unknown family. */
export function familyOf(model: string): Family | undefined {
  return families.find(({ prefix }) => model.startsWith(prefix));
}

/** Options at the top level of the body, outside the group. */
export const bodyOptions: ReadonlySet<string> = new Set(['preset', 'elementIDs']);

/** The vendor's names for common fields, with their replacements. */
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
