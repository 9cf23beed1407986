import type { Due } from '../ledger/port.ts';
import type { JobState } from '../providers/port.ts';
import type { AccountAccess, ActivityDependencies } from './dependencies.ts';
import { holdAccount } from './hold-account.ts';
import { reached } from './moments.ts';

/** A job that the vendor does not know for this long is not merely slow to appear. */
const missingMs = 10 * 60_000;

/** Asks the vendor once for one job and records the answer. */
export async function pollJob(
  deps: ActivityDependencies,
  access: AccountAccess,
  poll: Due['polls'][number],
): Promise<void> {
  const { submissions } = deps.ledger;
  const elapsedMs = deps.now() - poll.submittedAt;
  const { polls: times } = access.pulse;
  const intervalMs = times.delayMs(
    poll.model,
    { elapsedMs, polls: poll.polls + 1 },
    access.timeouts,
  );
  let state: JobState;
  try {
    state = await access.provider.check(poll.job);
  } catch (error) {
    const { account, message } = access.provider.classify(error);
    await holdAccount(deps, access, account, poll.model);
    const waitMs = account.kind === 'limited' ? (account.retryAfterMs ?? intervalMs * 2) : 0;
    await submissions.pollAgain(poll.submission, Math.max(intervalMs, waitMs), message);
    return;
  }
  reached('polled', poll.submission);
  switch (state.state) {
    case 'succeeded':
      times.ended(poll.model, deps.now() - poll.submittedAt);
      return await recordSuccess(deps, poll.submission, state);
    case 'failed':
      await submissions.failed(poll.submission, state);
      return;
    case 'missing':
      if (poll.overdue || deps.now() - poll.submittedAt > missingMs)
        await submissions.stalled(poll.submission, 'the vendor no longer knows the job');
      else await submissions.pollAgain(poll.submission, intervalMs, 'not known to the vendor yet');
      return;
    case 'pending':
      if (poll.overdue)
        await submissions.stalled(poll.submission, `still ${state.word} after its time limit`);
      else await submissions.pollAgain(poll.submission, intervalMs, state.word);
  }
}

async function recordSuccess(
  deps: ActivityDependencies,
  submission: string,
  state: JobState & { state: 'succeeded' },
): Promise<void> {
  const { submissions } = deps.ledger;
  if (state.outputs.length > 0) {
    await submissions.succeeded(submission, state);
    reached('ended', submission);
  } else
    await submissions.failed(submission, {
      reason: 'the job ended without any file',
      refunded: null,
      billed: state.billed,
    });
}
