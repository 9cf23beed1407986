import type { ShotRequest } from '../batch/request.ts';
import { UserError } from '../errors.ts';
import type { ClaimAnswer, Grant, Range } from '../ledger/port.ts';
import { mayStillRun } from '../http/errors.ts';
import type { SendDeadline } from '../http/send-deadline.ts';
import type { Verdict } from '../providers/port.ts';
import { neverBackwards } from './clock.ts';
import type { AccountAccess, ActivityDependencies } from './dependencies.ts';
import { claimWhenAvailable } from './throttle/availability.ts';
import { blockAccount, blockFor } from './throttle/block-account.ts';
import { failpoint } from './failpoints.ts';
import { orAborted } from './heartbeat.ts';
import { recordStarted } from './record-started.ts';
import { forgetGoneUploads } from './uploads/gone-uploads.ts';
import { type ResolvedRequest, resolveRequest } from './uploads/resolve-references.ts';
import { NotHereYetError } from './uploads/not-here-yet.ts';
import { uploadFailure } from './uploads/upload-places.ts';

export type SendEnd = 'ended' | 'late' | 'unready';

/** Latest time for a request's first byte, by a clock that never goes backwards. */
export type SendLimit = Pick<SendDeadline, 'sendBy' | 'now'>;

/**
 * Claims paid requests and passes each grant to `post`, at once and in parallel. The send deadline
 * counts from before the claim, so a slow database can only shorten it.
 * @param except keys of shots that this claim skips
 */
export async function claimAndStart(
  deps: ActivityDependencies,
  access: AccountAccess,
  range: Range,
  post: (grant: Grant, limit: SendLimit) => void,
  except: readonly string[] = [],
): Promise<ClaimAnswer> {
  const now = neverBackwards(deps.now);
  let before = now();
  const claim = (window: number): Promise<ClaimAnswer> => {
    before = now();
    const { keyHash, timeouts } = access;
    const options = {
      window,
      postTimeoutMs: timeouts.postMs,
      worker: deps.worker,
      keyHash,
      except,
    };
    return deps.ledger.claims.claim(range, options);
  };
  const answer = await claimWhenAvailable(deps, access, range, async (isCheck) => {
    if (isCheck) return await claim(0);
    const { window, granted } = access.throttle.beginClaim();
    let posts = 0;
    try {
      const claimed = await claim(window);
      posts = claimed.granted.length;
      return claimed;
    } finally {
      granted(posts);
    }
  });
  for (const { submission } of answer.granted) failpoint('claimed', submission);
  for (const grant of answer.granted) post(grant, { sendBy: before + grant.sendWithinMs, now });
  return answer;
}

/**
 * Sends one paid POST and records the result. A vendor error is recorded as a row, never thrown.
 * @returns `late`: the shot may already be settled without it; `unready`: a reference is not
 * available yet
 */
export async function startShot(
  deps: ActivityDependencies,
  access: AccountAccess,
  grant: Grant,
  limit: SendLimit,
): Promise<SendEnd> {
  try {
    return await sendShot(deps, access, grant, limit);
  } finally {
    access.throttle.posted();
  }
}

async function sendShot(
  deps: ActivityDependencies,
  access: AccountAccess,
  grant: Grant,
  { sendBy, now }: SendLimit,
): Promise<SendEnd> {
  const { request, submission } = grant;
  const { postMs: timeoutMs } = access.timeouts;
  const late = AbortSignal.timeout(Math.max(0, Math.round(sendBy - now())));
  const endNow = (): SendEnd => (now() >= sendBy + timeoutMs ? 'late' : 'ended');
  let resolved;
  try {
    resolved = await orAborted(resolveRequest(deps, access, request), late);
  } catch (error) {
    await notStarted(deps, access, grant, late.aborted ? undefined : error);
    return error instanceof NotHereYetError && !late.aborted ? 'unready' : endNow();
  }
  return await deps.paid.during(timeoutMs, async () => {
    const startedAt = performance.now();
    failpoint('sending', submission);
    let started;
    try {
      started = await access.provider.start(resolved, { sendBy, timeoutMs, now });
    } catch (error) {
      const { used } = resolved;
      await recordFailure(deps, access, { ...grant, used }, error);
      return endNow();
    }
    failpoint('answered', submission);
    access.throttle.answered(performance.now() - startedAt);
    const isLate = await recordStarted(deps, submission, started, jobTimes(deps, access, request));
    return isLate ? 'late' : 'ended';
  });
}

/**
 * The references were not available, so the paid request was never sent. No error means a timeout:
 * the references are still on their way, and the next claim finds them.
 */
async function notStarted(
  deps: ActivityDependencies,
  access: AccountAccess,
  grant: Grant,
  error: unknown,
): Promise<void> {
  const { submissions } = deps.ledger;
  if (error === undefined) {
    await submissions.rejected(grant.submission, 'its references were not there in time', 'reopen');
    return;
  }
  const { lasting, account, message } = uploadFailure(access, error);
  await blockAccount(deps, access, account, grant.request.model);
  const isShotsOwn = error instanceof NotHereYetError;
  if (!lasting && !isShotsOwn)
    await blockWithoutReferences(deps, access, account, grant.request.model);
  await submissions.rejected(
    grant.submission,
    error instanceof UserError || isShotsOwn
      ? message
      : `a reference could not be uploaded: ${message}`,
    lasting ? 'fail' : 'reopen',
  );
}

/** Blocks the account or model, so that the request is not claimed again at once. */
async function blockWithoutReferences(
  deps: ActivityDependencies,
  access: AccountAccess,
  account: Verdict['account'],
  model: string,
): Promise<void> {
  if ('retryAfterMs' in account)
    await blockFor(deps, access, account.kind, account.retryAfterMs, model);
  else if (account.kind === 'fine')
    await blockFor(deps, access, 'unreachable', access.throttle.withoutReferences());
}

async function recordFailure(
  deps: ActivityDependencies,
  access: AccountAccess,
  grant: Grant & Pick<ResolvedRequest, 'used'>,
  error: unknown,
): Promise<void> {
  const { submissions } = deps.ledger;
  const verdict = access.provider.classify(error);
  // Block first: a claim in between would spend on an account that is known to be unavailable.
  await blockAccount(deps, access, verdict.account, grant.request.model);
  if (verdict.request === 'ambiguous') {
    const circuitMs = access.throttle.ambiguous();
    if (circuitMs !== undefined) await blockFor(deps, access, 'circuitOpen', circuitMs);
    await submissions.ambiguous(grant.submission, verdict.message, {
      mayStillRun: mayStillRun(error),
    });
    failpoint('ambiguous', grant.submission);
    return;
  }
  const final = verdict.request === 'refused' && verdict.account.kind === 'fine';
  const isGone = final && (await forgetGoneUploads(deps, grant.submission, grant.used));
  const effect = isGone ? 'renew' : final ? 'fail' : 'reopen';
  await submissions.rejected(grant.submission, verdict.message, effect);
}

/** Delay of the first poll, and the time limit for the kind of media that the model makes. */
export function jobTimes(
  deps: ActivityDependencies,
  access: AccountAccess,
  request: ShotRequest,
): { nextPollInMs: number; giveUpInMs: number } {
  const spec = deps.catalogue.get(access.name)?.models.find(({ id }) => id === request.model);
  const { timeouts } = access;
  return {
    nextPollInMs: access.throttle.polls.delayMs(
      request.model,
      { elapsedMs: 0, polls: 0 },
      timeouts,
    ),
    giveUpInMs: spec?.makes === 'video' ? timeouts.videoJobMs : timeouts.imageJobMs,
  };
}
