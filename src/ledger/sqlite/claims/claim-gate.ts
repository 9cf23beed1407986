import type { Price } from '../../../money.ts';
import type {
  BatchPolicy,
  BatchState,
  BlockReason,
  ClaimAnswer,
  ClaimOptions,
  StopReason,
  Stopped,
} from '../../port.ts';
import { refusal } from '../../rules/budgets.ts';
import { takeSlot } from '../../rules/slots.ts';
import {
  allowancesOf,
  lessPromised,
  type LockedAccount,
  promisedOfLate,
  putSlots,
  slotsOf,
} from './allowances.ts';
import type { Database } from '../database.ts';
import { everyModel, isActive } from '../blocks.ts';
import type { BatchRecord, SubmissionRecord } from '../rows.ts';
import { states } from '../states.ts';

export interface Claimant {
  readonly batch: string;
  readonly run: number;
  readonly account: LockedAccount;
  readonly options: ClaimOptions;
  readonly now: number;
}

/** How long to wait for jobs in flight, or for POSTs under way, before the next try. */
const inFlightWaitMs = 500;
const windowWaitMs = 100;

type Entry =
  | { readonly kind: 'admitted' }
  /** This request is refused now; other requests may be admitted. */
  | { readonly kind: 'refused'; readonly next: ClaimAnswer['next'] }
  /** It would fit once the promised refunds arrive. */
  | { readonly kind: 'owed' }
  /** Jobs in flight or POSTs under way fill all places: nothing more is admitted now. */
  | { readonly kind: 'full'; readonly next: ClaimAnswer['next'] }
  | { readonly kind: 'later'; readonly ms: number };

/** The checks of a claim before a submission is inserted, in the order of docs/ledger.md. */
export interface Gate {
  readonly superseded: boolean;
  /** The reason that stops or delays every shot of this batch on this account; undefined: none. */
  closed(): Closed | undefined;
  /**
   * Admits one submission and takes its rate slot and place. The caller inserts it in the same
   * transaction.
   */
  admit(model: string, price: Price): Entry;
}

export function openGate(database: Database, claimant: Claimant): Gate {
  const { batch: name, run, account, now } = claimant;
  const batch = batchOf(database, name);
  let places: Places | undefined;
  let slots = slotsOf(account);
  let promised: readonly SubmissionRecord[] | undefined;
  return {
    superseded: isSuperseded(batch, run),
    closed: () => stopOfAll(database, batch, { ...claimant, account: account.id }),
    admit: (model, price) => {
      const blocked = blockStop(database, account.id, model, now);
      if (blocked) return { kind: 'refused', next: blocked };
      places ??= freePlaces(database, claimant);
      if (places.inFlight <= 0) return { kind: 'full', next: wait(inFlightWaitMs) };
      if (places.window <= 0) return { kind: 'full', next: wait(windowWaitMs) };
      const rate = takeSlot(slots, 'claim', account.limits.perMinute, now);
      if (rate.waitMs > 0) {
        putSlots(database, account.id, rate.slots);
        return { kind: 'later', ms: rate.waitMs };
      }
      const allowances = allowancesOf(database, claimant, price.unit);
      const unknownPrices = batch?.unknown_prices === 1;
      const reason = refusal(price, account.id, allowances, unknownPrices);
      if (reason) {
        promised ??= promisedOfLate(database, claimant);
        const hoped = allowances.map((each) => lessPromised(each, promised ?? []));
        if (!refusal(price, account.id, hoped, unknownPrices)) return { kind: 'owed' };
        return { kind: 'refused', next: stopped(reason) };
      }
      slots = rate.slots;
      putSlots(database, account.id, slots);
      places = { inFlight: places.inFlight - 1, window: places.window - 1 };
      return { kind: 'admitted' };
    },
  };
}

type Closed = Exclude<ClaimAnswer['next'], { kind: 'go' }>;

/** See ClaimLedger.closed. */
export function closed(database: Database, run: RunAtAccount): Closed | undefined {
  const batch = batchOf(database, run.batch);
  if (isSuperseded(batch, run.run)) return stopped({ kind: 'superseded' });
  return stopOfAll(database, batch, run);
}

interface RunAtAccount extends Pick<Claimant, 'batch' | 'run' | 'now'> {
  readonly account: string;
}

function stopOfAll(
  database: Database,
  batch: BatchRecord | undefined,
  run: RunAtAccount,
): Closed | undefined {
  if (!batch) return stopped({ kind: 'superseded' });
  return (
    stateStop(batch.state) ??
    blockStop(database, run.account, everyModel, run.now) ??
    failuresStop(database, run, JSON.parse(batch.policy) as BatchPolicy)
  );
}

function batchOf(database: Database, name: string): BatchRecord | undefined {
  return database.get<BatchRecord>('select * from batch where name = ?', name);
}

function isSuperseded(batch: BatchRecord | undefined, run: number): boolean {
  return !batch || batch.run !== run || batch.state === 'finished';
}

export const stopped = (reason: StopReason, endsInMs: number | null = null): Stopped => ({
  kind: 'stopped',
  reason,
  endsInMs,
});
const wait = (ms: number) => ({ kind: 'wait', ms }) as const;

function stateStop(state: BatchState) {
  return state === 'paused' || state === 'cancelled' ? stopped({ kind: state }) : undefined;
}

/** The longest block decides. The caller waits for a rate limit that has an end; any other block stops it. */
function blockStop(database: Database, account: string, model: string, now: number) {
  const block = database.get<{ reason: BlockReason; until: number | null }>(
    `select reason, until from block where account = ?1 and model = ?2 and ${isActive('?3')}
     order by until is not null, until desc limit 1`,
    account,
    model,
    now,
  );
  if (!block) return undefined;
  const { reason, until } = block;
  if (reason === 'limited' && until !== null) return wait(until - now);
  return stopped({ kind: 'block', block: reason, account }, until === null ? null : until - now);
}

function failuresStop(database: Database, { batch, run }: RunAtAccount, policy: BatchPolicy) {
  if (policy.maxFailures === null) return undefined;
  const failures = database.get<{ count: number }>(
    `select count(*) as count from shot where batch = ? and run = ? and state = 'failed'`,
    batch,
    run,
  );
  return (failures?.count ?? 0) > policy.maxFailures ? stopped({ kind: 'maxFailures' }) : undefined;
}

interface Places {
  readonly inFlight: number;
  readonly window: number;
}

/** Parked and stalled rows fill no place. An ambiguous one does until its POST is over. */
function freePlaces(database: Database, { batch, account, options, now }: Claimant): Places {
  const live = database.get<{ count: number }>(
    `select count(*) as count from submission where account = ?
     and state in ${states.pending}
     and (state <> 'ambiguous' or (over_at is null and deadline_at > ?))`,
    account.id,
    now,
  );
  const posting = database.get<{ count: number }>(
    `select count(*) as count from submission
     where account = ? and state = 'claimed' and +batch = ? and deadline_at > ?`,
    account.id,
    batch,
    now,
  );
  return {
    inFlight: account.limits.inFlight - (live?.count ?? 0),
    window: options.window - (posting?.count ?? 0),
  };
}
