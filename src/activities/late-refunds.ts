import type { DueRefund } from '../ledger/port.ts';
import type { AccountAccess, ActivityDependencies } from './dependencies.ts';
import { pause } from './heartbeat.ts';
import { recordSuccess } from './poll-job.ts';

const leaseMs = 60_000;
const refundsAtOnce = 10;
/** Maximum wait at the start or end of a run. */
const patienceMs = 15_000;

/**
 * Checks promised refunds that are due with the account's vendor, a few at a time. The calls are
 * free, and best effort: a failed check is repeated later.
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

/** Checks the refunds of every account whose key this worker has, for at most `patienceMs`. */
export async function askAfterAllRefunds(deps: ActivityDependencies): Promise<void> {
  const asking = [...deps.accounts.values()].map((access) =>
    askWithOwnKey(deps, access).catch((error: unknown) =>
      deps.log(`refunds at ${access.name}: ${access.provider.classify(error).message}`),
    ),
  );
  const answered = new AbortController();
  const all = Promise.all(asking).finally(() => answered.abort());
  await Promise.race([all, pause(patienceMs, answered.signal)]);
}

async function askWithOwnKey(deps: ActivityDependencies, access: AccountAccess): Promise<void> {
  if (await deps.ledger.keys.isOwn(access.key, access.keyHash))
    await askAfterRefunds(deps, access, { early: true });
}

/** @returns false when the vendor cannot be reached now */
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
    // It was recorded as failed too soon. Fetch its files; no refund is due any more.
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
