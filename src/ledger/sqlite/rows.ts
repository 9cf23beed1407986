import type { ShotRequest } from '../../batch/request.ts';
import type { JsonObject } from '../../json.ts';
import type { PriceBasis, Unit } from '../../money.ts';
import type {
  BatchRow,
  BatchState,
  OutputRow,
  ShotRow,
  ShotState,
  SubmissionRow,
  SubmissionState,
} from '../port.ts';

export interface BatchRecord {
  name: string;
  run: number;
  state: BatchState;
  frozen: string;
  owner_path: string;
  project: string;
  policy: string;
  steps: string;
  unknown_prices: number;
  started_at: number;
  ended_at: number | null;
}

export function batchRow(record: BatchRecord): BatchRow {
  return {
    batch: record.name,
    run: record.run,
    state: record.state,
    frozen: record.frozen,
    ownerPath: record.owner_path,
    project: record.project,
    policy: JSON.parse(record.policy),
    unknownPrices: record.unknown_prices === 1,
    steps: JSON.parse(record.steps),
    startedAt: record.started_at,
    endedAt: record.ended_at,
  };
}

export interface SubmissionRecord {
  id: string;
  op: 'generate' | 'train';
  account: string;
  fp: string;
  batch: string;
  run: number;
  key: string;
  attempt: number;
  state: SubmissionState;
  price: number | null;
  unit: Unit;
  basis: PriceBasis;
  reserved: number;
  spent: number;
  billed: number | null;
  listed: number | null;
  request: string | null;
  model: string;
  job: string | null;
  job_id: string | null;
  /** The source of the job id: the answer to the request, the vendor's list, or a person. */
  job_from: 'answer' | 'list' | 'person' | null;
  claimed_at: number;
  deadline_at: number;
  over_at: number | null;
  /** The gap in which it may have been sent. */
  gap: number | null;
  claim_no: number;
  submitted_at: number | null;
  ended_at: number | null;
  next_poll_at: number | null;
  polls: number;
  give_up_at: number | null;
  why: string | null;
  duplicate: number;
  standby: number;
  resolution: SubmissionRow['resolution'];
  refund: 'owed' | 'back' | 'kept' | null;
  undelivered: number;
  /** Number of equal refusals in a row in this row, and the time of the last of several. */
  refusals: number;
  refused_at: number | null;
}

/** Number of ordered files of a submission; its columns have no table alias. */
export const orderedFiles = `coalesce(request ->> '$.outputs', 1)`;

/** A submission with its files, for reports. */
export type ShownSubmission = SubmissionRecord & { outputs: string };

/** To be followed by `where`. */
export const submissionSelection = `select m.*,
  (select json_group_array(json_object('index', idx, 'state', state, 'sha256', sha256, 'why', why,
     'damaged', damaged)
     order by idx) from output where submission = m.id) as outputs
  from submission m`;

export function submissionRow(record: ShownSubmission): SubmissionRow {
  return {
    submission: record.id,
    operation: record.op,
    key: record.key,
    attempt: record.attempt,
    account: record.account,
    state: record.state,
    jobId: record.job_id,
    job: record.job === null ? null : (JSON.parse(record.job) as JsonObject),
    price: { amount: record.price, unit: record.unit, basis: record.basis },
    reserved: record.reserved,
    spent: record.spent,
    billed: record.billed,
    listed: record.listed,
    claimedAt: record.claimed_at,
    submittedAt: record.submitted_at,
    endedAt: record.refused_at ?? record.ended_at,
    why: record.why,
    refusals: record.refusals,
    duplicate: record.duplicate === 1,
    resolution: record.resolution,
    refund: record.refund,
    undelivered: record.undelivered,
    outputs: JSON.parse(record.outputs) as SubmissionRow['outputs'],
  };
}

/** True when another run, batch or shot paid for the output of the shot `s`; its submission is `m`. */
export const isCached = `(m.id is not null and
  (m.batch <> s.batch or m.run <> s.run or m.key <> s.key))`;

/** True when the shot `s` has fewer files than ordered; its submission is `m`. */
export const isPartial = `(s.state = 'done' and m.undelivered > 0)`;

/** All data of the files of a submission, as JSON. */
export function outputsOf(submission: string): string {
  return `(select json_group_array(json_object('index', idx, 'remote', json(remote), 'state', state,
     'sha256', sha256, 'bytes', bytes, 'mime', mime, 'width', width, 'height', height,
     'savedAt', saved_at, 'why', why, 'damaged', damaged) order by idx)
     from output where submission = ${submission})`;
}

/** Selects shots with their submission and outputs, to be followed by `where`. */
export const shotSelection = `select s.*, m.state as submission_state, m.billed, ${isCached} as cached,
  iif(${isPartial}, m.undelivered, 0) as undelivered,
  ${outputsOf('s.submission')} as outputs
  from shot s left join submission m on m.id = s.submission`;

export interface ShotRecord {
  id: number;
  batch: string;
  key: string;
  step: string;
  name: string;
  ordinal: number;
  take: number;
  account: string;
  fp: string;
  request: string;
  price: number | null;
  unit: Unit;
  basis: PriceBasis;
  state: ShotState;
  why: string | null;
  tries: number;
  origin: string;
  submission: string | null;
  submission_state: SubmissionState | null;
  billed: number | null;
  cached: number;
  undelivered: number;
  outputs: string;
  seq: number;
}

export function shotRow(record: ShotRecord): ShotRow {
  return {
    key: record.key,
    step: record.step,
    name: record.name,
    ordinal: record.ordinal,
    take: record.take,
    account: record.account,
    fingerprint: record.fp,
    request: JSON.parse(record.request) as ShotRequest,
    price: { amount: record.price, unit: record.unit, basis: record.basis },
    billed: record.billed,
    state: record.state,
    why: record.why,
    tries: record.tries,
    origin: record.origin,
    submission: record.submission,
    submissionState: record.submission_state,
    cached: record.cached === 1 && (record.state === 'done' || record.state === 'bound'),
    undelivered: record.undelivered,
    outputs: JSON.parse(record.outputs) as OutputRow[],
  };
}
