import { proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { accountTaskQueue } from '../batch/ids.ts';

/**
 * Time to notice a dead worker. The server receives a heartbeat every 2.5 s, so a living worker is
 * missed only if its process stops for seven seconds. A second attempt then does no harm.
 */
const heartbeatTimeout = '10 seconds';

/** Short ledger writes. */
const shortWork: ActivityOptions = {
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '30 seconds' },
};

/** Expansion of a step of any size. */
const planWork: ActivityOptions = {
  startToCloseTimeout: '2 hours',
  // The lanes of a million shots are one transaction: no heartbeat is sent meanwhile.
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
};

/** Work at a vendor; the activity returns by itself after ten minutes. All paid work is safe to retry. */
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
 * Activities that need the account's key. Temporal's UI shows the summary.
 * @param startWithin fails the activity if no worker has taken it by then; default: waits for ever
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
