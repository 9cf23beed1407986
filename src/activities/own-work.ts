import type { Range, StopReason } from '../ledger/port.ts';
import type { AccountAccess, ActivityDependencies } from './dependencies.ts';
import { withHeartbeat } from './heartbeat.ts';
import { isAccountsKey } from './reconcile/own-key.ts';
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

/** An account whose new key cannot be used, or not yet. */
export interface NoAccess {
  readonly kind: 'stopped';
  readonly reason: StopReason;
  /** When the key is checked again; null or absent: when a person acts. */
  readonly endsInMs?: number | null;
}

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
  // No key has to be set for a run that is over.
  const row = await batches.get(at.batch);
  if (row?.run !== at.run) return { kind: 'stopped', reason: { kind: 'superseded' } };
  if (row.state === 'cancelled') return { kind: 'stopped', reason: { kind: 'cancelled' } };
  if (at.lane !== undefined) await batches.noteStop({ ...at, lane: at.lane }, no.reason);
  return no;
}

/** A new key that is refused blocks nothing for other processes: theirs may be sound. */
async function refusalOfKey(
  deps: ActivityDependencies,
  access: AccountAccess,
): Promise<NoAccess | undefined> {
  const { name, key } = access;
  try {
    if (await isAccountsKey(deps.ledger.keys, access)) return undefined;
    deps.log(`the vendor shows no earlier work of ${name} to its new key`);
    return { kind: 'stopped', reason: { kind: 'otherKey', account: key } };
  } catch (error) {
    const { account, message } = access.provider.classify(error);
    deps.log(`the new key of ${name} could not be checked: ${message}`);
    const block = account.kind === 'badKey' ? 'badKey' : 'unreachable';
    const endsInMs = block === 'badKey' ? null : askKeyAgainMs;
    return { kind: 'stopped', reason: { kind: 'block', block, account: key }, endsInMs };
  }
}
