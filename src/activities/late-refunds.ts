import type { DueRefund } from '../ledger/port.ts';
import type { AccountAccess, ActivityDependencies } from './dependencies.ts';
import { pause } from './heartbeat.ts';
import { recordSuccess } from './poll-job.ts';

const leaseMs = 60_000;
const refundsAtOnce = 10;
/** What opens or closes a run does not wait longer for this than so long. */
const patienceMs = 15_000;

/**
 * Asks the account's vendor after promised refunds that are due, a few at a time. Free, and never more
 * than a courtesy: what fails is asked again later.
 */
export async function askAfterRefunds(
  deps: ActivityDependencies,
  access: AccountAccess,
  options: { early: boolean },
): Promise<void> {
  const due = await deps.ledger.submissions.dueRefunds(access.key, {
    limit: refundsAtOnce,
    leaseMs,
    early: options.early,
  });
  for (const refund of due) if (!(await askAfter(deps, access, refund))) return;
}

/** The same at every account whose key this worker has, for as long as others can be kept waiting. */
export async function askAfterAllRefunds(deps: ActivityDependencies): Promise<void> {
  const asking = [...deps.accounts.values()].map((access) =>
    askAfterRefunds(deps, access, { early: true }).catch((error: unknown) =>
      deps.log(`refunds at ${access.name}: ${access.provider.classify(error).message}`),
    ),
  );
  const answered = new AbortController();
  const all = Promise.all(asking).finally(() => answered.abort());
  await Promise.race([all, pause(patienceMs, answered.signal)]);
}

/** @returns false when the vendor cannot be asked now */
async function askAfter(
  deps: ActivityDependencies,
  access: AccountAccess,
  { submission, job, ordered }: DueRefund,
): Promise<boolean> {
  const { submissions } = deps.ledger;
  const { lateFiles } = access.throttle;
  try {
    const state = await access.provider.check(job);
    if (state.state === 'succeeded' && state.outputs.length < ordered)
      if (lateFiles.mayCome(submission, access.timeouts.pollMs)) {
        await submissions.settleRefund(submission, 'notYet');
        return true;
      }
    lateFiles.forget(submission);
    // It was called failed too soon. What it made is fetched, and its money is not owed any more.
    if (state.state === 'succeeded') await recordSuccess(deps, access, { submission, job }, state);
    await submissions.settleRefund(submission, toldBy(state));
    return true;
  } catch (error) {
    const { message } = access.provider.classify(error);
    await submissions.settleRefund(submission, 'notYet');
    deps.log(`a refund at ${access.name}: ${message}`);
    return false;
  }
}

function toldBy(state: Awaited<ReturnType<AccountAccess['provider']['check']>>) {
  if (state.state !== 'failed') return state.state === 'succeeded' ? 'kept' : 'notYet';
  if (state.refunded === true) return 'back';
  return state.refunded === false ? 'kept' : 'notYet';
}
