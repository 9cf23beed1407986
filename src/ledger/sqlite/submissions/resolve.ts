import type { Resolution } from '../../port.ts';
import { acceptedScope } from '../../rules/budgets.ts';
import { advance, release } from '../submission-state.ts';
import { readBatch } from '../batches.ts';
import { openAgain, skipShots, unblockShots } from '../shot-state.ts';
import type { Database } from '../database.ts';
import { raiseCap } from '../money.ts';
import type { SubmissionRecord } from '../rows.ts';
import { startJob } from './start-job.ts';

/**
 * A person's decision on a submission that nothing else can settle. Returns the batches that wait
 * for it; undefined: the decision came too late, or another submission has the job.
 */
export function resolve(
  database: Database,
  id: string,
  resolution: Resolution,
  now: number,
): readonly string[] | undefined {
  const record = database.get<SubmissionRecord>('select * from submission where id = ?', id);
  if (!record) return undefined;
  const waiting =
    record.op === 'train' ? batchesOfTraining(database, record) : batchesOfShots(database, id);
  const heard =
    resolution.kind === 'job'
      ? startJob(database, 'takeUp', id, resolution, now)
      : giveUp(database, id, resolution, now);
  if (!heard) return undefined;
  database.run('update submission set resolution = ? where id = ?', resolution.kind, id);
  if (record.op === 'train') moveTraining(database, record, resolution, waiting);
  return waiting;
}

function batchesOfShots(database: Database, id: string): readonly string[] {
  return database
    .all<{ batch: string }>(
      `select distinct batch from shot where submission = ? and state = 'parked' order by batch`,
      id,
    )
    .map(({ batch }) => batch);
}

/** Batches with shots that the training blocks. */
function batchesOfTraining(
  database: Database,
  { account, fp }: SubmissionRecord,
): readonly string[] {
  return database
    .all<{ batch: string }>(
      `select distinct batch from shot
       where account = ? and training_fp = ? and state = 'blocked' order by batch`,
      account,
      fp,
    )
    .map(({ batch }) => batch);
}

/** The shots of a training were blocked when it was parked. */
function moveTraining(
  database: Database,
  { account, fp }: SubmissionRecord,
  resolution: Resolution,
  batches: readonly string[],
): void {
  if (resolution.kind === 'job')
    database.run(
      `update model set phase = 'triggered', why = null
       where account = ? and fp = ? and phase = 'armed'`,
      account,
      fp,
    );
  for (const batch of batches)
    unblockShots(
      database,
      { batch, account, training: fp },
      resolution.kind === 'skip'
        ? { state: 'skipped', why: 'its training was skipped by a person' }
        : { state: 'open' },
    );
}

/** The price stays counted as spent: the vendor may have charged it, and no cap may be exceeded. */
function giveUp(
  database: Database,
  id: string,
  resolution: Exclude<Resolution, { kind: 'job' }>,
  now: number,
): boolean {
  const said = resolution.kind === 'again' ? 'a person had it sent again' : 'skipped by a person';
  const moved = advance(database, 'giveUp', id, said, now);
  if (!moved) return false;
  release(database, moved, moved.reserved);
  if (resolution.kind === 'skip') skipShots(database, id, said);
  else {
    acceptPrice(database, moved, resolution.batch);
    openAgain(database, id);
  }
  return true;
}

/** The person has accepted this price in addition to the plan; the other caps stay as they are. */
function acceptPrice(database: Database, moved: SubmissionRecord, batch: string): void {
  const { id, op, account, unit } = moved;
  const row = readBatch(database, batch);
  const price = op === 'train' ? moved.price : priceOfShots(database, id, batch);
  if (row && price) raiseCap(database, acceptedScope(batch, row.run), account, unit, price);
}

function priceOfShots(database: Database, id: string, batch: string): number | null {
  const shot = database.get<{ price: number | null }>(
    `select max(price) as price from shot where submission = ? and +batch = ? and state = 'parked'`,
    id,
    batch,
  );
  return shot?.price ?? null;
}
