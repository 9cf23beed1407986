import { HttpError, NetworkError, PaceError, TimeoutError } from '../http/errors.ts';
import type { JsonObject } from '../json.ts';
import type { Due } from '../ledger/port.ts';
import type { JobState } from '../providers/port.ts';
import { plainLine } from '../plain-text.ts';
import { elapsedSince } from './clock.ts';
import type { AccountAccess, ActivityDependencies } from './dependencies.ts';
import { blockAccount } from './throttle/block-account.ts';
import { listFrom } from './throttle/job-list.ts';
import { failpoint } from './failpoints.ts';
import { namedOutputs } from './outputs/match-outputs.ts';
import { togetherMs } from './throttle/poll-times.ts';

/** A job or model that the vendor does not know for this long is missing, not just slow to appear. */
export const missingMs = 10 * 60_000;

/** Maximum files of one job; no request orders a tenth of it. */
export const outputsMax = 100;

/** Statuses that say nothing about the job: bad key, rate limit, vendor outage. */
const ofAccount: ReadonlySet<number> = new Set([401, 429, 502, 503, 504]);

/** Every eighth poll checks the job itself, so that a lagging list cannot delay it for ever. */
const ownPollEvery = 8;

/** Polls one job once and records the answer. */
export async function pollJob(
  deps: ActivityDependencies,
  access: AccountAccess,
  poll: Due['polls'][number],
): Promise<void> {
  const { submissions } = deps.ledger;
  const { submission, job } = poll;
  const elapsedMs = elapsedSince(deps, poll.submittedAt);
  const isOverdue = elapsedMs >= poll.giveUpAt - poll.submittedAt;
  const { polls: times } = access.throttle;
  const usualMs = times.delayMs(poll.model, { elapsedMs, polls: poll.polls + 1 }, access.timeouts);
  const many = access.provider.listJobs !== undefined && times.live >= listFrom;
  const intervalMs = many ? togetherMs(usualMs, access.timeouts.pollMs, deps.now()) : usualMs;
  let state: JobState;
  try {
    state = await ask(deps, access, poll, isOverdue);
  } catch (error) {
    const { account, message } = access.provider.classify(error);
    await blockAccount(deps, access, account, poll.model);
    if (isOverdue && isAnswer(error)) {
      await submissions.stalled(submission, `after its time limit: ${message}`, job);
      return;
    }
    const waitMs = 'retryAfterMs' in account ? account.retryAfterMs : 0;
    await submissions.pollAgain(submission, Math.max(intervalMs, waitMs), message);
    return;
  }
  failpoint('polled', submission);
  const { lateFiles } = access.throttle;
  if (state.state === 'succeeded' && state.outputs.length < poll.ordered && !isOverdue)
    if (lateFiles.mayCome(submission, access.timeouts.pollMs)) {
      const why = `done, and ${state.outputs.length} of ${poll.ordered} files are named so far`;
      await submissions.pollAgain(submission, intervalMs, why);
      return;
    }
  lateFiles.forget(submission);
  switch (state.state) {
    case 'succeeded':
      times.ended(poll.model, elapsedMs);
      return await recordSuccess(deps, access, poll, state);
    case 'failed':
      return await recordFailure(deps, poll, state);
    case 'missing':
      if (isOverdue || elapsedMs > missingMs)
        await submissions.stalled(submission, 'the vendor no longer knows the job', job);
      else await submissions.pollAgain(submission, intervalMs, 'not known to the vendor yet');
      return;
    case 'pending':
      if (isOverdue)
        await submissions.stalled(
          submission,
          `still ${statusText(state)} after its time limit`,
          job,
        );
      else await submissions.pollAgain(submission, intervalMs, statusText(state));
  }
}

function statusText({ status, known }: JobState & { state: 'pending' }): string {
  const shown = plainLine(status, 60);
  return known ? shown : `"${shown}" (not a documented status)`;
}

/**
 * The vendor is reachable and its answer concerns this job or model. Waiting brings no other
 * answer, so it is reported to a person; polling continues all the same.
 */
export function isAnswer(error: unknown): boolean {
  if (error instanceof HttpError) return !ofAccount.has(error.status);
  return ![NetworkError, TimeoutError, PaceError].some((none) => error instanceof none);
}

async function ask(
  deps: ActivityDependencies,
  { provider, throttle }: AccountAccess,
  poll: Due['polls'][number],
  isOverdue: boolean,
): Promise<JobState> {
  const shared =
    !isOverdue && throttle.polls.live >= listFrom && poll.polls % ownPollEvery < ownPollEvery - 1;
  if (shared && (await throttle.jobList.showsPending(provider, poll, deps.now)))
    return { state: 'pending', status: 'pending', known: true };
  return await provider.check(poll.job);
}

/** A polled job. The answer is recorded only while the submission still has this job. */
interface AskedJob {
  readonly submission: string;
  readonly job: JsonObject;
}

/** A job without files counts as failed in the ledger. */
export async function recordSuccess(
  deps: ActivityDependencies,
  { trustedOrigin }: Pick<AccountAccess, 'trustedOrigin'>,
  { submission, job }: AskedJob,
  state: JobState & { state: 'succeeded' },
): Promise<void> {
  const outputs = namedOutputs(state.outputs, trustedOrigin).slice(0, outputsMax);
  if (await deps.ledger.submissions.succeeded(submission, { ...state, outputs, job }))
    if (outputs.length > 0) failpoint('ended', submission);
}

export async function recordFailure(
  { ledger }: ActivityDependencies,
  { submission, job }: AskedJob,
  state: JobState & { state: 'failed' },
): Promise<void> {
  const reason = plainLine(state.reason);
  await ledger.submissions.failed(submission, { ...state, reason, job });
}
