import type { ShotRequest } from '../../../batch/request.ts';
import type { ClaimAnswer, ClaimOptions, Gap, Grant, Range } from '../../port.ts';
import { refundDelayMs } from '../../rules/refunds.ts';
import { priceByBills } from '../bills.ts';
import { lockAccount } from './allowances.ts';
import { type Claimant, openGate, stopped } from './claim-gate.ts';
import { insertSubmission, sendWithinMs } from './insert-submission.ts';
import type { Database } from '../database.ts';
import { gapOfRequest, gapsOfJobs } from '../gaps.ts';
import { requireOwnKey } from '../keys.ts';
import { attachShot, bindShot } from '../shot-state.ts';
import { states } from '../states.ts';
import type { Price, PriceBasis, Unit } from '../../../money.ts';

interface OpenShot {
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
  requireOwnKey(database, account.id, options.keyHash);
  const granted: Grant[] = [];
  let attached = 0;
  const answer = (next: ClaimAnswer['next']): ClaimAnswer => ({
    granted,
    attached,
    ...countRange(database, range),
    next,
  });
  const claimant: Claimant = { batch: range.batch, run: range.run, account, options, now };
  const gate = openGate(database, claimant);
  if (gate.superseded) return answer(stopped({ kind: 'superseded' }));

  const except = new Set(options.except);
  const waiting: OpenShot[] = [];
  for (const shot of openShots(database, range)) {
    if (attachToOther(database, shot, range.account)) attached += 1;
    else if (!except.has(shot.key)) waiting.push(shot);
  }
  if (waiting.length === 0) return answer({ kind: 'go' });
  const closed = gate.closed();
  if (closed) return answer(closed);

  const gaps = gapsOfJobs(database, account.id);
  let refused: ClaimAnswer['next'] | undefined;
  let isOwed = false;
  for (const shot of waiting) {
    // This claim may have granted an equal shot meanwhile.
    if (attachToOther(database, shot, range.account)) {
      attached += 1;
      continue;
    }
    const price = priceByBills(database, account.id, shot);
    const gap = gapOfRequest(database, { account: account.id, fp: shot.fp }, gaps);
    if (gap) {
      bind(database, claimant, shot, { price, gap });
      continue;
    }
    const entry = gate.admit(shot.model, price);
    if (entry.kind === 'full') return answer(granted.length > 0 ? { kind: 'go' } : entry.next);
    if (entry.kind === 'later') return answer({ kind: 'wait', ms: entry.ms });
    if (entry.kind === 'owed') isOwed = true;
    if (entry.kind === 'refused') refused ??= entry.next;
    if (entry.kind !== 'admitted') continue;
    granted.push(grant(database, claimant, shot, price));
  }
  if (refused) return answer(refused);
  return answer(
    isOwed && granted.length === 0 ? { kind: 'wait', ms: refundDelayMs(0) } : { kind: 'go' },
  );
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
  const other =
    placeHolder(database, account, shot.fp) ?? promoteStandby(database, account, shot.fp);
  if (other !== undefined) attachShot(database, shot.id, other);
  return other !== undefined;
}

function grant(database: Database, claimant: Claimant, shot: OpenShot, price: Price): Grant {
  return {
    submission: bind(database, claimant, shot, { price }),
    attempt: shot.tries + 1,
    key: shot.key,
    request: JSON.parse(shot.request) as ShotRequest,
    sendWithinMs,
  };
}

/** Gives a shot its submission. */
function bind(
  database: Database,
  claimant: Claimant,
  shot: OpenShot,
  { price, gap }: { readonly price: Price; readonly gap?: Gap },
): string {
  const submission = insertSubmission(database, claimant, {
    operation: 'generate',
    fingerprint: shot.fp,
    key: shot.key,
    attempt: shot.tries + 1,
    request: shot.request,
    model: shot.model,
    price,
    ...(gap && { gap }),
  });
  bindShot(database, shot.id, submission, price);
  return submission;
}

export interface RangeCounts {
  readonly open: number;
  readonly bound: number;
}

export function countRange(database: Database, range: Range): RangeCounts {
  return (
    database.get<RangeCounts>(
      `select count(*) filter (where state = 'open') as open,
         count(*) filter (where state = 'bound') as bound
       from shot where batch = ? and lane = ? and pos >= ? and pos < ? and account = ?`,
      range.batch,
      range.lane,
      range.from,
      range.to,
      range.account,
    ) ?? { open: 0, bound: 0 }
  );
}

/** The active submission for (account, fingerprint): live or accepted. Standby jobs are not counted. */
export function placeHolder(
  database: Database,
  account: string,
  fingerprint: string,
): string | undefined {
  return database.get<{ id: string }>(
    `select id from submission where account = ? and fp = ? and standby = 0
     and state in ${states.exclusive}`,
    account,
    fingerprint,
  )?.id;
}

/**
 * Promotes a standby job to the active one: it is paid, so nothing is paid again. The index is
 * named because SQLite would choose the one by state and read all submissions of the account.
 */
function promoteStandby(
  database: Database,
  account: string,
  fingerprint: string,
): string | undefined {
  return database.get<{ id: string }>(
    `update submission set standby = 0 where id = (
       select id from submission indexed by submission_fp
       where account = ? and fp = ? and standby = 1
       and state in ('submitted', 'succeeded') order by state desc, id limit 1) returning id`,
    account,
    fingerprint,
  )?.id;
}
