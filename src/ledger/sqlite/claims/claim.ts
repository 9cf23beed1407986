import { randomUUID } from 'node:crypto';
import type { ShotRequest } from '../../../batch/request.ts';
import type { Price, PriceBasis, Unit } from '../../../money.ts';
import type { ClaimAnswer, ClaimOptions, Grant, Range } from '../../port.ts';
import { liveStates } from '../../rules/transitions.ts';
import { lockAccount } from './account-row.ts';
import { attachShot } from '../submissions/bound-shots.ts';
import { type Claimant, gate, stopped } from './claim-gate.ts';
import type { Database } from '../database.ts';
import { countRange } from './range.ts';
import { moveMoney } from '../money.ts';
import { placeHolder, promoteSpare } from './places.ts';

/** How long from a grant until its request's first byte must have left; docs/ledger.md says why. */
export const sendWithinMs = 5_000;

export interface OpenShot {
  id: number;
  key: string;
  fp: string;
  request: string;
  model: string;
  price: number | null;
  unit: Unit;
  basis: PriceBasis;
  tries: number;
}

export function claim(
  database: Database,
  range: Range,
  options: ClaimOptions,
  now: number,
): ClaimAnswer {
  const account = lockAccount(database, range.account);
  const granted: Grant[] = [];
  let attached = 0;
  const answer = (next: ClaimAnswer['next']): ClaimAnswer => ({
    granted,
    attached,
    ...countRange(database, range),
    next,
  });
  const claimant: Claimant = { batch: range.batch, run: range.run, account, options, now };
  const door = gate(database, claimant);
  if (door.superseded) return answer(stopped({ kind: 'superseded' }));

  const waiting: OpenShot[] = [];
  for (const shot of openShots(database, range)) {
    if (attachToOther(database, shot, range.account)) attached += 1;
    else waiting.push(shot);
  }
  if (waiting.length === 0) return answer({ kind: 'go' });
  const closed = door.closed();
  if (closed) return answer(closed);

  let refused: ClaimAnswer['next'] | undefined;
  for (const shot of waiting) {
    // An equal shot of this very claim has been granted meanwhile.
    if (attachToOther(database, shot, range.account)) {
      attached += 1;
      continue;
    }
    const price: Price = { amount: shot.price, unit: shot.unit, basis: shot.basis };
    const entry = door.admit(shot.model, price);
    if (entry.kind === 'full') return answer(granted.length > 0 ? { kind: 'go' } : entry.next);
    if (entry.kind === 'later') return answer({ kind: 'wait', ms: entry.ms });
    if (entry.kind === 'refused') {
      refused ??= entry.next;
      continue;
    }
    granted.push(grant(database, claimant, shot, price));
  }
  return answer(refused ?? { kind: 'go' });
}

function openShots(database: Database, range: Range): OpenShot[] {
  return database.all<OpenShot>(
    `select id, key, fp, request, model, price, unit, basis, tries from shot
     where batch = ? and lane = ? and pos >= ? and pos < ? and account = ? and run = ?
       and state = 'open' order by pos`,
    range.batch,
    range.lane,
    range.from,
    range.to,
    range.account,
    range.run,
  );
}

function attachToOther(database: Database, shot: OpenShot, account: string): boolean {
  const other = placeHolder(database, account, shot.fp) ?? promoteSpare(database, account, shot.fp);
  if (other !== undefined) attachShot(database, shot.id, other);
  return other !== undefined;
}

function grant(database: Database, claimant: Claimant, shot: OpenShot, price: Price): Grant {
  const submission = insertSubmission(database, claimant, {
    operation: 'generate',
    fingerprint: shot.fp,
    key: shot.key,
    attempt: shot.tries + 1,
    request: shot.request,
    model: shot.model,
    price,
  });
  database.run(
    `update shot set state = 'bound', submission = ?, why = null, tries = tries + 1 where id = ?`,
    submission,
    shot.id,
  );
  return {
    submission,
    attempt: shot.tries + 1,
    key: shot.key,
    request: JSON.parse(shot.request) as ShotRequest,
    sendWithinMs,
  };
}

/** The unique index over live and accepted submissions is what guarantees that nothing is paid twice. */
export function insertSubmission(
  database: Database,
  { batch, run, account, options, now }: Claimant,
  content: {
    operation: 'generate' | 'train';
    fingerprint: string;
    key: string;
    attempt: number;
    request: string | null;
    model: string;
    price: Price;
  },
): string {
  const id = randomUUID();
  const { price } = content;
  const reserved = price.amount ?? 0;
  database.run(
    `insert into submission (id, op, account, fp, batch, run, key, attempt, state, price, unit,
       basis, reserved, request, model, claimed_at, send_by, deadline_at, worker)
     values (?, ?, ?, ?, ?, ?, ?, ?, '${liveStates[0]}', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    content.operation,
    account.id,
    content.fingerprint,
    batch,
    run,
    content.key,
    content.attempt,
    price.amount,
    price.unit,
    price.basis,
    reserved,
    content.request,
    content.model,
    now,
    now + sendWithinMs,
    now + sendWithinMs + Math.round(options.postTimeoutMs),
    options.worker,
  );
  const payer = { batch, run, claimedAt: now, account: account.id, unit: price.unit };
  moveMoney(database, payer, { reserved, spent: 0 });
  return id;
}
