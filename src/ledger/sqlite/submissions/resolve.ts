import type { Resolution } from '../../port.ts';
import { acceptedScope } from '../../rules/budgets.ts';
import { advance, release } from './advance.ts';
import { readBatch } from '../batches.ts';
import { openAgain, skipShots } from './bound-shots.ts';
import type { Database } from '../database.ts';
import { raiseCap } from '../money.ts';
import type { SubmissionRecord } from '../rows.ts';
import { startJob } from './start-job.ts';

/**
 * A person's word on a submission whose fate nobody else can tell. Whoever waits for it, in whichever
 * batch, is told; answers those batches, or undefined when the word came too late or the job is another's.
 */
export function resolve(
  database: Database,
  id: string,
  word: Resolution,
  now: number,
): readonly string[] | undefined {
  const waiting = database.all<{ batch: string }>(
    `select distinct batch from shot where submission = ? and state = 'parked' order by batch`,
    id,
  );
  const heard =
    word.kind === 'job'
      ? startJob(database, 'takeUp', id, word, now)
      : giveUp(database, id, word, now);
  if (!heard) return undefined;
  database.run('update submission set resolution = ? where id = ?', word.kind, id);
  return waiting.map(({ batch }) => batch);
}

/** What was sent stays counted as spent: the vendor may have charged it, and no cap may be exceeded. */
function giveUp(
  database: Database,
  id: string,
  word: Exclude<Resolution, { kind: 'job' }>,
  now: number,
): boolean {
  const said = word.kind === 'again' ? 'a person had it sent again' : 'skipped by a person';
  const moved = advance(database, 'giveUp', id, said, now);
  if (!moved) return false;
  release(database, moved, moved.reserved);
  if (word.kind === 'skip') skipShots(database, id, said);
  else {
    acceptPrice(database, moved, word.batch);
    openAgain(database, id);
  }
  return true;
}

/** The person has accepted this price besides the plan's; the other caps stay as they are. */
function acceptPrice(database: Database, { id, account, unit }: SubmissionRecord, batch: string) {
  const row = readBatch(database, batch);
  const shot = database.get<{ price: number | null }>(
    `select max(price) as price from shot where submission = ? and +batch = ? and state = 'parked'`,
    id,
    batch,
  );
  if (row && shot?.price)
    raiseCap(database, acceptedScope(batch, row.run), account, unit, shot.price);
}
