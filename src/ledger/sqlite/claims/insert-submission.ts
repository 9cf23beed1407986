import { randomUUID } from 'node:crypto';
import type { Gap, SubmissionState } from '../../port.ts';
import { liveStates } from '../../rules/transitions.ts';
import type { Claimant } from './claim-gate.ts';
import type { Database } from '../database.ts';
import { recordClockBack } from '../mark.ts';
import { moveMoney } from '../money.ts';
import type { Price } from '../../../money.ts';

/**
 * Counts a claim. The number gives the order of claims; their times do not where the clock was set
 * back. Each such step back is recorded.
 */
function nextClaimNumber(database: Database, now: number): number {
  database.run(recordClockBack, now);
  const meta = database.get<{ claims: number }>(
    'update meta set claims = claims + 1, clock_at = ? returning claims',
    now,
  );
  if (!meta) throw new Error('the ledger has no meta row');
  return meta.claims;
}

/** Time from a grant to the send deadline of its request; see docs/ledger.md. */
export const sendWithinMs = 5_000;

/** When a request may have been sent, and its known end. */
interface Sending {
  readonly state: SubmissionState;
  readonly claimedAt: number;
  readonly sendBy: number;
  readonly deadlineAt: number;
  readonly overAt: number | null;
  readonly why: string | null;
}

/** A granted request, to be sent now. */
function toBeSent({ options, now }: Claimant): Sending {
  const sendBy = now + sendWithinMs;
  const deadlineAt = sendBy + Math.round(options.postTimeoutMs);
  return { state: liveStates[0], claimedAt: now, sendBy, deadlineAt, overAt: null, why: null };
}

/** A request that may have been sent in a gap: not granted, and looked up like any other ambiguous one. */
function mayBeSent({ from, to, why }: Gap): Sending {
  const doubt = `it may have been sent from ${isoTime(from)} to ${isoTime(to)}, which this ledger does not know (${why})`;
  const over = { sendBy: to, deadlineAt: to, overAt: to };
  return { state: 'ambiguous', claimedAt: from, ...over, why: doubt };
}

const isoTime = (at: number): string => new Date(at).toISOString();

/**
 * Inserts a submission. The unique index over live and accepted submissions guarantees that nothing
 * is paid twice.
 */
export function insertSubmission(
  database: Database,
  claimant: Claimant,
  content: {
    operation: 'generate' | 'train';
    fingerprint: string;
    key: string;
    attempt: number;
    request: string | null;
    model: string;
    price: Price;
    gap?: Gap;
  },
): string {
  const id = randomUUID();
  const { batch, run, account, options } = claimant;
  const { price, gap } = content;
  const sending = gap ? mayBeSent(gap) : toBeSent(claimant);
  const reserved = price.amount ?? 0;
  database.run(
    `insert into submission (id, op, account, fp, batch, run, key, attempt, state, price, unit,
       basis, reserved, request, model, claimed_at, send_by, deadline_at, over_at, why, gap, worker,
       claim_no)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    content.operation,
    account.id,
    content.fingerprint,
    batch,
    run,
    content.key,
    content.attempt,
    sending.state,
    price.amount,
    price.unit,
    price.basis,
    reserved,
    content.request,
    content.model,
    sending.claimedAt,
    sending.sendBy,
    sending.deadlineAt,
    sending.overAt,
    sending.why,
    gap?.id ?? null,
    options.worker,
    nextClaimNumber(database, claimant.now),
  );
  const { claimedAt } = sending;
  const payer = { batch, run, claimedAt, account: account.id, unit: price.unit };
  moveMoney(database, payer, { reserved, spent: 0 });
  return id;
}
