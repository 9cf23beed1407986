import type { ShotRequest } from '../../../batch/request.ts';
import type { JsonObject } from '../../../json.ts';
import type { Witness } from '../../port.ts';
import type { Database } from '../database.ts';

interface WitnessRecord {
  job: string;
  job_id: string;
  claimed_at: number;
  submitted_at: number;
  request: string;
  same_model: number;
}

const alikeEachSide = 10;
const othersEachSide = 2;
const withinMs = 3_600_000;

/**
 * Jobs whose ids are on record, nearest in time to the submission before and after it, those that have
 * ended first: of its own model, and a few of others.
 */
export function witnesses(database: Database, submission: string): readonly Witness[] {
  const nearest = (
    state: 'submitted' | 'succeeded',
    { from, to }: { from: number; to: number },
    model: { is: '=' | '<>'; limit: number },
  ): WitnessRecord[] =>
    database.all<WitnessRecord>(
      `select r.job, r.job_id, r.claimed_at, r.submitted_at, r.request, r.model = m.model as same_model
       from submission m join submission r on r.account = m.account and r.state = '${state}'
         and r.deadline_at between m.deadline_at + ${from} and m.deadline_at + ${to}
       where m.id = ? and r.model ${model.is} m.model and r.op = m.op and r.job_id is not null
         and r.request is not null
       order by abs(r.deadline_at - m.deadline_at) limit ${model.limit}`,
      submission,
    );
  const before = { from: -withinMs, to: 0 };
  const after = { from: 1, to: withinMs };
  const rows = (['succeeded', 'submitted'] as const).flatMap((state) =>
    [before, after].flatMap((side) => [
      ...nearest(state, side, { is: '=', limit: alikeEachSide }),
      ...nearest(state, side, { is: '<>', limit: othersEachSide }),
    ]),
  );
  return rows.map((row) => ({
    job: JSON.parse(row.job) as JsonObject,
    jobId: row.job_id,
    claimedAt: row.claimed_at,
    submittedAt: row.submitted_at,
    request: JSON.parse(row.request) as ShotRequest,
    sameModel: row.same_model === 1,
  }));
}
