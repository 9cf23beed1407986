import type { Price } from '../../money.ts';
import type { BatchPolicy, PlanLedger } from '../port.ts';
import { afterFailure } from '../rules/transitions.ts';
import type { Database } from './database.ts';
import { states } from './states.ts';

/*
 * The only writer of the state of a shot. A change of a submission changes all shots tied to it, in
 * every batch. `shotTransitions` lists the transitions.
 */

/** Steps that left the file are not planned again, so their shots retire at the start of the run. */
export function retireSteps(database: Database, batch: string, steps: readonly string[]): void {
  database.run(
    `update shot set state = 'retired', lane = null, pos = null
     where batch = ? and state <> 'retired' and step not in (select value from json_each(?))`,
    batch,
    JSON.stringify(steps),
  );
}

/** Shots of the step that this run has not planned. */
export function retireOthers(database: Database, batch: string, run: number, step: string): void {
  database.run(
    `update shot set state = 'retired', lane = null, pos = null
     where batch = ? and step = ? and run <> ? and state <> 'retired'`,
    batch,
    step,
    run,
  );
}

/**
 * See PlanLedger.block.
 * @returns number of blocked shots
 */
export function blockShots(
  database: Database,
  { batch, run, why }: { readonly batch: string; readonly run: number; readonly why: string },
  where: Parameters<PlanLedger['block']>[2],
): number {
  return database.run(
    `update shot set state = 'blocked', why = ?1
     where batch = ?2 and run = ?3 and state = 'open' and (?4 is null or step = ?4)
       and (?5 is null or training_fp = ?5)
       and (?6 is null or exists (select 1 from json_each(request, '$.references')
         where value ->> 'sha256' = ?6))
       and (?7 is null or key = ?7)
       and (?8 is null or (account = ?8 and request ->> '$.choice.kind' = 'existing'
         and request ->> '$.choice.id' = ?9))`,
    why,
    batch,
    run,
    where.step ?? null,
    where.trainingFingerprint ?? null,
    where.sha256 ?? null,
    where.key ?? null,
    where.model?.account ?? null,
    where.model?.id ?? null,
  );
}

/** Applies the decision of a person on the training that the shots wait for. */
export function unblockShots(
  database: Database,
  { batch, account, training }: { batch: string; account: string; training: string },
  to: { readonly state: 'open' } | { readonly state: 'skipped'; readonly why: string },
): void {
  database.run(
    `update shot set state = ?, why = ?
     where batch = ? and account = ? and training_fp = ? and state = 'blocked'`,
    to.state,
    to.state === 'skipped' ? to.why : null,
    batch,
    account,
    training,
  );
}

/** Opens the shot with a fresh number of tries; `changed`: it is a different request now. */
export function planShotAgain(database: Database, shot: number, changed: boolean): void {
  database.run(
    `update shot set state = 'open', submission = null, why = null, lane = null, pos = null,
       free_tries = 0, paid_tries = 0, tries = iif(?, 0, tries) where id = ?`,
    changed ? 1 : 0,
    shot,
  );
}

/** Binds the shot to its own submission: granted, or looked up in a gap. */
export function bindShot(database: Database, shot: number, submission: string, price: Price): void {
  database.run(
    `update shot set state = 'bound', submission = ?, why = null, tries = tries + 1, price = ?,
       basis = ? where id = ?`,
    submission,
    price.amount,
    price.basis,
    shot,
  );
}

/** A saved file is to be fetched again; the lane of the shot may have ended. */
export function rebindDoneShots(database: Database, submission: string): void {
  database.run(
    `update shot set state = 'bound', lane = null, pos = null
     where submission = ? and state = 'done'`,
    submission,
  );
}

/** The shots ended without files; their lanes may have ended as well. */
export function leaveLanesOfEnded(database: Database, account: string, fp: string): void {
  database.run(
    `update shot set lane = null, pos = null
     where account = ? and fp = ? and state in ${states.waitingShots} and state <> 'open'`,
    account,
    fp,
  );
}

/** Opens the shots again without counting the try. */
export function reopenShots(database: Database, submission: string): void {
  database.run(
    `update shot set state = 'open', submission = null, why = null, tries = max(0, tries - 1)
     where submission = ? and state in ('bound', 'parked')`,
    submission,
  );
}

/** Opens the shots for another try; the previous one counts. */
export function openAgain(database: Database, submission: string): void {
  database.run(
    `update shot set state = 'open', submission = null, why = null
     where submission = ? and state = 'parked'`,
    submission,
  );
}

/** Opens the shots of other batches: they wait for the request that this batch sends again. */
export function openElsewhere(database: Database, submission: string, batch: string): void {
  database.run(
    `update shot set state = 'open', submission = null, why = null
     where submission = ? and state = 'bound' and batch <> ?`,
    submission,
    batch,
  );
}

export function skipShots(database: Database, submission: string, why: string): void {
  database.run(
    `update shot set state = 'skipped', why = ? where submission = ? and state = 'parked'`,
    why,
    submission,
  );
}

export function failShots(database: Database, submission: string, why: string): void {
  database.run(
    `update shot set state = 'failed', why = ?
     where submission = ? and state in ('bound', 'parked')`,
    why,
    submission,
  );
}

/** Fails the shots of this batch alone: other batches have tries of their own. */
export function failOwnShots(
  database: Database,
  submission: string,
  batch: string,
  why: string,
): void {
  database.run(
    `update shot set state = 'failed', why = ?
     where submission = ? and +batch = ? and state in ('bound', 'parked')`,
    why,
    submission,
    batch,
  );
}

export function parkShots(database: Database, submission: string, why: string): void {
  database.run(
    `update shot set state = 'parked', why = ? where submission = ? and state = 'bound'`,
    why,
    submission,
  );
}

export function unparkShots(database: Database, submission: string): void {
  database.run(
    `update shot set state = 'bound', why = null where submission = ? and state = 'parked'`,
    submission,
  );
}

/** The shots show the output of another job, or none. They wait for their own job, outside all lanes. */
export function rebindShots(database: Database, submission: string): void {
  database.run(
    `update shot set state = 'bound', why = null, lane = null, pos = null
     where submission = ? and state in ('bound', 'done', 'failed', 'parked')`,
    submission,
  );
}

/** For shots with a lane that may have ended: their jobs are collected all the same. */
export function leaveLanes(database: Database, submission: string): void {
  database.run(
    `update shot set lane = null, pos = null where submission = ? and state = 'bound'`,
    submission,
  );
}

/** Each shot tries again within the policy of its own batch. */
export function retryShots(
  database: Database,
  submission: string,
  cause: 'free' | 'paid',
  why: string,
): void {
  const shots = database.all<{ id: number; free: number; paid: number; policy: string }>(
    `select s.id, s.free_tries as free, s.paid_tries as paid, b.policy
     from shot s join batch b on b.name = s.batch
     where s.submission = ? and s.state = 'bound'`,
    submission,
  );
  for (const shot of shots) {
    const { again, tries } = afterFailure(shot, cause, JSON.parse(shot.policy) as BatchPolicy);
    database.run(
      `update shot set state = ?, submission = iif(?, null, submission), why = ?,
         free_tries = ?, paid_tries = ? where id = ?`,
      again ? 'open' : 'failed',
      again ? 1 : 0,
      why,
      tries.free,
      tries.paid,
      shot.id,
    );
  }
}

/** Completes the shots. Their files are recorded as ours, so that only our own files are ever replaced. */
export function completeShots(database: Database, submission: string): void {
  const shots = database.all<{ id: number }>(
    `select id from shot where submission = ? and state = 'bound'`,
    submission,
  );
  for (const { id } of shots) completeShot(database, id, submission);
}

export function completeShot(database: Database, shot: number, submission: string): void {
  database.run(
    `update shot set state = 'done', submission = ?, why = null where id = ?`,
    submission,
    shot,
  );
  database.run(
    `insert or ignore into shot_file (batch, key, sha256)
     select s.batch, s.key, o.sha256 from shot s join output o on o.submission = ?
     where s.id = ? and o.sha256 is not null`,
    submission,
    shot,
  );
}

/** Ties an open shot to a live or accepted submission; done at once when all its outputs are saved. */
export function attachShot(database: Database, shot: number, submission: string): void {
  const paid = database.get<{ state: string; unsaved: number; outputs: number }>(
    `select m.state, count(o.idx) as outputs, count(o.idx) filter (where o.state <> 'saved') as unsaved
     from submission m left join output o on o.submission = m.id where m.id = ? group by m.id`,
    submission,
  );
  if (paid?.state === 'succeeded' && paid.outputs > 0 && paid.unsaved === 0) {
    completeShot(database, shot, submission);
    return;
  }
  const parked = paid?.state === 'parked' || paid?.state === 'stalled';
  database.run(
    `update shot set state = ?, submission = ?, why = iif(?,
       (select why from submission where id = ?), null), tries = tries + 1 where id = ?`,
    parked ? 'parked' : 'bound',
    submission,
    parked ? 1 : 0,
    submission,
    shot,
  );
}

/** Ties waiting shots with this fingerprint to the submission: a job or a file of it turned up. */
export function attachWaiting(
  database: Database,
  { id, op, account, fp }: { id: string; op: string; account: string; fp: string },
): void {
  if (op !== 'generate') return;
  const shots = database.all<{ id: number }>(
    `select id from shot where account = ? and fp = ? and state in ${states.waitingShots}`,
    account,
    fp,
  );
  for (const shot of shots) attachShot(database, shot.id, id);
}
