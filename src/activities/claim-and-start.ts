import type { ShotRequest } from '../batch/request.ts';
import type { ClaimAnswer, Grant, Range } from '../ledger/port.ts';
import type { Verdict } from '../providers/port.ts';
import type { AccountAccess, ActivityDependencies } from './dependencies.ts';
import { holdAccount } from './hold-account.ts';
import { resolveRequest } from './resolve-references.ts';

/**
 * Asks the door for paid requests and hands each that was granted to `post`, at once and in parallel.
 * The fence is read against the time before the claim, so that a slow database can only shorten it.
 */
export async function claimAndStart(
  deps: ActivityDependencies,
  access: AccountAccess,
  range: Range,
  post: (grant: Grant, sendBy: number) => void,
): Promise<ClaimAnswer> {
  const before = deps.now();
  const answer = await deps.ledger.claims.claim(range, {
    window: access.pulse.window,
    postTimeoutMs: access.timeouts.postMs,
    worker: deps.worker,
  });
  for (const grant of answer.granted) post(grant, before + grant.sendWithinMs);
  return answer;
}

/** One paid POST and its record. Never rejects for the vendor's sake: what happened is a row. */
export async function startShot(
  deps: ActivityDependencies,
  access: AccountAccess,
  grant: Grant,
  sendBy: number,
): Promise<void> {
  const { request, submission } = grant;
  const fence = { sendBy, timeoutMs: access.timeouts.postMs, now: deps.now };
  let resolved;
  try {
    resolved = await resolveRequest(deps, access, request);
  } catch (error) {
    return await notStarted(deps, access, grant, error);
  }
  const startedAt = deps.now();
  let started;
  try {
    started = await access.provider.start(resolved, fence);
  } catch (error) {
    return await recordFailure(deps, access, grant, access.provider.classify(error));
  }
  access.pulse.answered(deps.now() - startedAt);
  const times = jobTimes(deps, access, request);
  const { submissions } = deps.ledger;
  if (await submissions.submitted(submission, started.job, started.id, times)) return;
  await submissions.lateJob(submission, started.job, started.id);
}

/** The references could not be had, so the paid request never left. */
async function notStarted(
  deps: ActivityDependencies,
  access: AccountAccess,
  grant: Grant,
  error: unknown,
): Promise<void> {
  const named = error instanceof Error ? error.name : '';
  const hopeless = named === 'UserError' || named === 'BlobMissingError';
  const verdict = access.provider.classify(error);
  const lasting = hopeless || (verdict.request === 'refused' && verdict.account.kind === 'fine');
  if (!lasting) {
    const trouble = verdict.account.kind === 'fine' ? 'unreachable' : undefined;
    await holdAccount(
      deps,
      access,
      trouble ? { kind: trouble } : verdict.account,
      grant.request.model,
    );
  }
  await deps.ledger.submissions.rejected(
    grant.submission,
    `a reference could not be uploaded: ${verdict.message}`,
    lasting ? 'fail' : 'reopen',
  );
}

async function recordFailure(
  deps: ActivityDependencies,
  access: AccountAccess,
  grant: Grant,
  verdict: Verdict,
): Promise<void> {
  const { submissions } = deps.ledger;
  // The hold first: a claim between the two would spend on an account that is known to be shut.
  await holdAccount(deps, access, verdict.account, grant.request.model);
  if (verdict.request === 'unknown') {
    const breakerMs = access.pulse.ambiguous();
    if (breakerMs !== undefined)
      await submissions.hold(access.key, null, 'breaker', deps.now() + breakerMs);
    await submissions.ambiguous(grant.submission, verdict.message);
    return;
  }
  const final = verdict.request === 'refused' && verdict.account.kind === 'fine';
  await submissions.rejected(grant.submission, verdict.message, final ? 'fail' : 'reopen');
}

/** When to ask first, and when to give up, by what the model makes. */
export function jobTimes(
  deps: ActivityDependencies,
  access: AccountAccess,
  request: ShotRequest,
): { nextPollInMs: number; giveUpInMs: number } {
  const spec = deps.catalogue.get(access.name)?.models.find(({ id }) => id === request.model);
  const { timeouts } = access;
  return {
    nextPollInMs: timeouts.pollFirstMs,
    giveUpInMs: spec?.makes === 'video' ? timeouts.videoJobMs : timeouts.imageJobMs,
  };
}
