import type { Witness } from '../port.ts';
import type { Database } from './database.ts';

const eachSide = 10;
const withinMs = 3_600_000;

/** Jobs of the same model whose ids are on record, nearest in time to the submission before and after it. */
export function witnesses(database: Database, submission: string): readonly Witness[] {
  const nearest = (state: 'submitted' | 'succeeded', from: string, to: string): Witness[] =>
    database.all<Witness>(
      `select r.job_id as jobId, r.claimed_at as claimedAt, r.submitted_at as submittedAt
       from submission m join submission r on r.account = m.account and r.state = '${state}'
         and r.deadline_at between m.deadline_at + ${from} and m.deadline_at + ${to}
       where m.id = ? and r.model = m.model and r.op = m.op and r.job_id is not null
       order by abs(r.deadline_at - m.deadline_at) limit ${eachSide}`,
      submission,
    );
  return (['submitted', 'succeeded'] as const).flatMap((state) => [
    ...nearest(state, `-${withinMs}`, '0'),
    ...nearest(state, '1', `${withinMs}`),
  ]);
}
