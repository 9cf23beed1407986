import { channel } from 'node:diagnostics_channel';

/**
 * Named points in the life of a paid request, in order, at which a test may stop the process. Each
 * is published on the channel `shotlist:failpoint` of node:diagnostics_channel. It is published
 * after the named step is done and, for a record, committed. There is no listener unless one is
 * loaded.
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
 * Synchronous, so that a listener may stop the process at this exact point.
 * @param subject a submission; for an upload the file's sha-256, for a model its fingerprint
 */
export function failpoint(name: Failpoint, subject: string): void {
  announcements.publish({ failpoint: name, subject });
}
