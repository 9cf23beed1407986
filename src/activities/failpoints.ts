import { channel } from 'node:diagnostics_channel';

/**
 * Named points in the life of a paid request, in their order, at which a test may stop the process. Each is announced on the
 * channel `shotlist:failpoint` of node:diagnostics_channel after what it names is done and, where it is a
 * record, committed; nobody listens unless something was loaded to.
 */
export const failpoints = [
  'uploaded',
  'model-created',
  'claimed',
  'sending',
  'answered',
  'recorded',
  'ambiguous',
  'settled',
  'polled',
  'ended',
  'fetched',
  'saved',
] as const;
export type Failpoint = (typeof failpoints)[number];

const announcements = channel('shotlist:failpoint');

/**
 * Synchronous, so that a listener may stop the process at this very point.
 * @param subject a submission; of an upload the file's sha-256, of a model its fingerprint
 */
export function failpoint(name: Failpoint, subject: string): void {
  announcements.publish({ failpoint: name, subject });
}
