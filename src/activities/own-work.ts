import type { Range, StopReason } from '../ledger/port.ts';
import type { AccountAccess, ActivityDependencies } from './dependencies.ts';
import { withHeartbeat } from './heartbeat.ts';
import { stakesText, strangeKey } from './reconcile/own-key.ts';
import { stopOf } from './throttle/block-account.ts';
import { NoKeyError, OtherLedgerError } from './to-application-failure.ts';

/** The batch and run of an activity. */
export interface RunInput {
  readonly batch: string;
  readonly run: number;
  /** A worker refuses work that was planned in another ledger. */
  readonly ledgerId: string;
}

/** @throws OtherLedgerError */
export function checkLedger(deps: ActivityDependencies, input: RunInput): void {
  if (input.ledgerId !== deps.ledger.id) throw new OtherLedgerError(input.ledgerId, deps.ledger.id);
}

/** An account that cannot be used now. */
export type NoAccess =
  /** Until a person acts. */
  | { readonly kind: 'stopped'; readonly reason: StopReason }
  /** The vendor cannot be asked about a new key now. */
  | { readonly kind: 'wait'; readonly ms: number };

const askKeyAgainMs = 15_000;

/**
 * The account, if this worker has its key and the account accepts it. To a key of another vendor
 * account, the vendor lists no earlier job: everything would seem never sent. Records why the lane
 * stops, if one is given.
 * @throws NoKeyError
 */
export async function accessFor(
  deps: ActivityDependencies,
  account: string,
  at: Pick<Range, 'batch' | 'run'> & { readonly lane?: string },
): Promise<{ readonly kind: 'access'; readonly access: AccountAccess } | NoAccess> {
  const access = deps.accounts.get(account);
  if (!access) throw new NoKeyError(deps.lanes.get(account)?.name ?? account);
  const { batches, keys } = deps.ledger;
  const no = (await keys.isOwn(account, access.keyHash))
    ? undefined
    : await withHeartbeat(() => refusalOfKey(deps, access));
  if (!no) {
    await batches.clearKeyStops(at.batch, account);
    return { kind: 'access', access };
  }
  if (no.kind === 'wait') return no;
  // No key has to be set for a run that is over.
  const row = await batches.get(at.batch);
  if (row?.run !== at.run) return { kind: 'stopped', reason: { kind: 'superseded' } };
  if (row.state === 'cancelled') return { kind: 'stopped', reason: { kind: 'cancelled' } };
  if (at.lane !== undefined) await batches.noteStop({ ...at, lane: at.lane }, no.reason);
  return no;
}

async function refusalOfKey(
  deps: ActivityDependencies,
  access: AccountAccess,
): Promise<NoAccess | undefined> {
  const { name, key } = access;
  try {
    const stakes = await strangeKey(deps.ledger.keys, access);
    if (!stakes) return undefined;
    deps.log(`the key of ${name} does not show its unfinished work: ${stakesText(stakes)}`);
    return { kind: 'stopped', reason: { kind: 'otherKey', account: key } };
  } catch (error) {
    const { account, message } = access.provider.classify(error);
    deps.log(`the new key of ${name} could not be checked: ${message}`);
    const reason = await stopOf(deps, access, account);
    return reason ? { kind: 'stopped', reason } : { kind: 'wait', ms: askKeyAgainMs };
  }
}
