import { channel } from 'node:diagnostics_channel';

/**
 * Named moments in the life of a paid request, in the order in which they come. Each is announced on the
 * channel `shotlist:moment` of node:diagnostics_channel after what it names is done and, where it is a
 * record, committed; nobody listens unless something was loaded to.
 */
export const moments = [
  'uploaded',
  'model-created',
  'claimed',
  'sending',
  'answered',
  'recorded',
  'unclear',
  'settled',
  'polled',
  'ended',
  'fetched',
  'saved',
] as const;
export type Moment = (typeof moments)[number];

const announcements = channel('shotlist:moment');

/**
 * Synchronous, so that a listener may stop the process at this very point.
 * @param subject a submission; of an upload the file's sha-256, of a model its fingerprint
 */
export function reached(moment: Moment, subject: string): void {
  announcements.publish({ moment, subject });
}
