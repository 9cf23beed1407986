import { proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { accountTaskQueue } from '../batch/ids.ts';

/**
 * A worker that dies is noticed after this. The server hears a beat every 2.5 seconds, so a living worker
 * is missed only when its process stands still for seven; then a second attempt does no harm.
 */
const heartbeatTimeout = '10 seconds';

/** Ledger writes of a moment. */
const shortWork: ActivityOptions = {
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '30 seconds' },
};

/** Expansion of a step of any size. */
const planWork: ActivityOptions = {
  startToCloseTimeout: '2 hours',
  // The lanes of a million shots are one transaction: no beat comes while it lasts.
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
};

/** Work at a vendor; it hands back by itself after ten minutes. All that is paid is safe to retry. */
const vendorWork: ActivityOptions = {
  startToCloseTimeout: '2 hours',
  heartbeatTimeout,
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
};

type CommonActivities = Pick<Activities, 'openRun' | 'finishRun'>;
type AccountActivities = Pick<
  Activities,
  'trainModel' | 'awaitModel' | 'uploadReferences' | 'runShots'
>;

/** On the workflow's own task queue. */
export const common = proxyActivities<CommonActivities>(shortWork);

export function planning(summary: string): Pick<Activities, 'planStep'> {
  return proxyActivities<Pick<Activities, 'planStep'>>({
    ...planWork,
    summary,
  });
}

/**
 * Activities that need the account's key. The summary is what Temporal's UI shows.
 * @param startWithin fails the activity when no worker has taken it by then; default: it waits for ever
 */
export function atAccount(
  accountName: string,
  summary: string,
  startWithin?: ActivityOptions['scheduleToStartTimeout'],
): AccountActivities {
  return proxyActivities<AccountActivities>({
    ...vendorWork,
    taskQueue: accountTaskQueue(accountName),
    summary,
    ...(startWithin !== undefined && { scheduleToStartTimeout: startWithin }),
  });
}
