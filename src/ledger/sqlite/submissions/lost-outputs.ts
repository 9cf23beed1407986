import type { MediaKind } from '../../../batch/model-spec.ts';
import type { Json, JsonObject } from '../../../json.ts';
import type { LostOutput, LostScope, SavedFile } from '../../port.ts';
import { noLane } from '../../rules/lane-name.ts';
import { placeHolder } from '../claims/places.ts';
import type { Database } from '../database.ts';
import { advance } from './advance.ts';
import { attachWaiting } from './bound-shots.ts';
import { isSaved, putFile } from './outputs.ts';

/** An answer counts for so long: for a run that begins now, and for what is in no lane. */
const askedForMs = 60 * 60_000;

/** There are few lost files, so they come first; `submission` is found by its id, `shot` by its fingerprint. */
const lost = `select o.submission, o.idx, o.remote, o.url, o.expires_at, m.account, m.key, m.job,
    (select makes from shot s where s.account = m.account and s.fp = m.fp
       and s.state in ('open', 'failed', 'skipped') limit 1) as makes
  from output o indexed by output_lost cross join submission m on m.id = o.submission
  where o.state = 'lost' and m.op = 'generate' and m.state = 'lost' and m.job is not null`;

const wanting = `select 1 from shot s where s.account = m.account and s.fp = m.fp
  and s.state in ('open', 'failed', 'skipped')`;

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
  const order = 'order by o.submission, o.idx';
  if ('batch' in scope) return database.all(`${lost} and +m.batch = ? ${order}`, scope.batch);
  if ('fingerprints' in scope)
    return database.all(
      `${lost} and +m.account = ? and +m.fp in (select value from json_each(?)) ${order}`,
      scope.account,
      JSON.stringify(scope.fingerprints),
    );
  const { batch, run, lane, account, from, to } = scope.range;
  if (lane === noLane)
    return database.all(
      `${lost} and +m.account = ?1 and +m.batch = ?2 and coalesce(o.asked_at, 0) < ?3
         and not exists (${wanting} and s.batch in (select name from batch where state = 'running'))
       ${order}`,
      account,
      batch,
      now - askedForMs,
    );
  return database.all(
    `${lost} and +m.account = ?1
       and exists (${wanting} and s.state = 'open' and s.batch = ?2 and s.lane = ?3
         and s.pos >= ?4 and s.pos < ?5)
       and coalesce(o.asked_at, 0) < (select started_at - ?6 from run where batch = ?2 and n = ?7)
     ${order}`,
    account,
    batch,
    lane,
    from,
    to,
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

/** Its place may have been taken since by a request that was paid again: then it is collected beside that one. */
export function recoverOutput(
  database: Database,
  id: string,
  index: number,
  file: SavedFile,
  now: number,
): boolean {
  if (!putFile(database, id, index, { from: 'lost', file }, now)) return false;
  if (!isSaved(database, id)) return true;
  const about = database.get<{ account: string; fp: string; op: string }>(
    'select account, fp, op from submission where id = ?',
    id,
  );
  if (!about) return true;
  const isTaken = placeHolder(database, about.account, about.fp) !== undefined;
  database.run('update submission set spare = ? where id = ?', isTaken ? 1 : 0, id);
  advance(database, 'recover', id, null, now);
  if (!isTaken) attachWaiting(database, { id, ...about });
  return true;
}
