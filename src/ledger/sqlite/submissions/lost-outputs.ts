import type { MediaKind } from '../../../batch/model-spec.ts';
import type { Json, JsonObject } from '../../../json.ts';
import type { LostOutput, LostScope, Range, SavedFile } from '../../port.ts';
import { noLane } from '../../rules/lane-name.ts';
import { placeHolder } from '../claims/claim.ts';
import type { Database } from '../database.ts';
import { attachWaiting, completeShots, rebindDoneShots } from '../shot-state.ts';
import { states } from '../states.ts';
import { advance } from '../submission-state.ts';
import { overdueMs } from './orphans.ts';
import { isSaved, putFile } from './outputs.ts';

/** How long the answer about a lost file counts, for a run that begins now and for work in no lane. */
const askedForMs = 60 * 60_000;

const facts = `o.submission, o.idx, o.remote, o.url, o.expires_at, m.account, m.key, m.job`;

/** On `m`: its lost files can be requested again. */
const isLost = `m.state = 'lost' and m.op = 'generate' and m.job is not null`;

/** A waiting shot with the fingerprint of `m`. */
const wanting = `from shot s where s.account = m.account and s.fp = m.fp
  and s.state in ${states.waitingShots}`;

const makes = `(select makes ${wanting} limit 1) as makes`;

const order = `order by o.submission, o.idx`;

export function lostOutputs(
  database: Database,
  scope: LostScope,
  now: number,
): readonly LostOutput[] {
  const rows = readLost(database, scope, now);
  return rows.map((row) => ({
    submission: row.submission,
    index: row.idx,
    account: row.account,
    key: row.key,
    job: JSON.parse(row.job) as JsonObject,
    remote: JSON.parse(row.remote) as Json,
    url: row.url,
    expiresAt: row.expires_at,
    makes: row.makes,
  }));
}

interface LostRecord {
  submission: string;
  idx: number;
  remote: string;
  url: string | null;
  expires_at: number | null;
  account: string;
  key: string;
  job: string;
  makes: MediaKind | null;
}

function readLost(database: Database, scope: LostScope, now: number): readonly LostRecord[] {
  if ('range' in scope) return readLostOfRange(database, scope.range, now);
  if ('batch' in scope)
    return database.all(
      `select ${facts}, ${makes} from submission m indexed by submission_lost
       join output o on o.submission = m.id and o.state = 'lost'
       where m.batch = ? and ${isLost} ${order}`,
      scope.batch,
    );
  return database.all(
    `select distinct ${facts}, ${makes} from json_each(?1) w
     cross join submission m indexed by submission_fp on m.account = ?2 and m.fp = w.value
     cross join output o on o.submission = m.id and o.state = 'lost'
     where ${isLost} ${order}`,
    JSON.stringify(scope.fingerprints),
    scope.account,
  );
}

function readLostOfRange(
  database: Database,
  { batch, run, lane, account, from, to }: Range,
  now: number,
): readonly LostRecord[] {
  if (lane === noLane)
    return database.all(
      `select ${facts}, ${makes} from submission m indexed by submission_lost
       join output o on o.submission = m.id and o.state = 'lost'
       where m.batch = ?1 and +m.account = ?2 and ${isLost} and coalesce(o.asked_at, 0) < ?3
         and not exists (
           select 1 ${wanting} and s.batch in (select name from batch where state = 'running'))
       ${order}`,
      batch,
      account,
      now - askedForMs,
    );
  return database.all(
    `select distinct ${facts}, w.makes from shot w
     cross join submission m indexed by submission_fp on m.account = w.account and m.fp = w.fp
     cross join output o on o.submission = m.id and o.state = 'lost'
     where w.batch = ?1 and w.lane = ?2 and w.pos >= ?3 and w.pos < ?4 and w.account = ?5
       and w.state = 'open' and ${isLost}
       and coalesce(o.asked_at, 0) < (select started_at - ?6 from run where batch = ?1 and n = ?7)
     ${order}`,
    batch,
    lane,
    from,
    to,
    account,
    askedForMs,
    run,
  );
}

export function askedOutput(
  database: Database,
  id: string,
  index: number,
  why: string,
  now: number,
): boolean {
  return (
    database.run(
      `update output set asked_at = ?, why = ? where submission = ? and idx = ? and state = 'lost'`,
      now,
      why,
      id,
      index,
    ) > 0
  );
}

/** See SubmissionLedger.recoverOutput. */
export function recoverOutput(
  database: Database,
  id: string,
  index: number,
  file: SavedFile,
  now: number,
): boolean {
  if (!putFile(database, id, index, { from: 'lost', file }, now)) return false;
  if (isSaved(database, id)) reinstate(database, id, now);
  return true;
}

/**
 * A lost submission has all its files again. When a later paid request has its place, it becomes a
 * standby job.
 */
function reinstate(database: Database, id: string, now: number): void {
  const lost = database.get<{ account: string; fp: string; op: string }>(
    `select account, fp, op from submission where id = ? and state = 'lost'`,
    id,
  );
  if (!lost) return;
  const isTaken = placeHolder(database, lost.account, lost.fp) !== undefined;
  database.run('update submission set standby = ? where id = ?', isTaken ? 1 : 0, id);
  advance(database, 'recover', id, null, now);
  if (!isTaken) attachWaiting(database, { id, ...lost });
}

/**
 * See SubmissionLedger.fetchAgain. The facts about the file stay: the same bytes are the same file.
 * The refusals ended when the file came, so they are reset.
 */
export function fetchAgain(
  database: Database,
  id: string,
  index: number,
  { sha256, why }: { readonly sha256: string; readonly why: string },
  now: number,
): boolean {
  const again = database.run(
    `update output set state = 'ready', why = ?, next_try_at = ?, timed_at = ?, tries = 0,
       refusals = 0, refused_at = null, refused_ms = 0, gone_answers = 0, gone_ms = 0,
       seen_sha256 = null, seen_at = null
     where submission = ? and idx = ? and state = 'saved' and sha256 = ?`,
    why,
    // Its lane may be over. As an overdue row it belongs to every range of the batch at once.
    now - overdueMs - 1,
    now,
    id,
    index,
    sha256,
  );
  if (again === 0) return false;
  rebindDoneShots(database, id);
  return true;
}

/** See SubmissionLedger.foundOutput. */
export function foundOutput(
  database: Database,
  id: string,
  index: number,
  sha256: string,
  now: number,
): boolean {
  const back = database.run(
    `update output set state = 'saved', why = null
     where submission = ? and idx = ? and state in ('ready', 'lost') and sha256 = ?`,
    id,
    index,
    sha256,
  );
  if (back === 0) return false;
  if (isSaved(database, id)) {
    completeShots(database, id);
    reinstate(database, id, now);
  }
  return true;
}
