import { setImmediate as othersTurn } from 'node:timers/promises';
import type { ShotRequest } from '../../../batch/request.ts';
import type { ReportLedger, ShotRow, SubmissionRow, UnresolvedRow } from '../../port.ts';
import { readAccountTotals } from './account-totals.ts';
import { uncollected, unshown } from './collectable.ts';
import type { Context } from '../context.ts';
import { accountUse, balances } from './cost-facts.ts';
import type { Database } from '../database.ts';
import {
  type ShotRecord,
  type ShownSubmission,
  isPartial,
  shotRow,
  shotSelection,
  submissionRow,
  submissionSelection,
} from '../rows.ts';
import { fileNotes } from './file-notes.ts';
import { readStatus } from './status.ts';
import { readWaits } from './waits.ts';

/** Rows of one page. Between two pages other work runs, so heartbeats and requests go on at any size. */
const pageRows = 500;

export function createReportLedger({ database, now }: Context): ReportLedger {
  return {
    status: async (batch) => readStatus(database, batch, now()),
    waits: async (batch) => readWaits(database, batch, now()),
    accounts: async () => readAccountTotals(database, now()),
    shots: (batch, options = {}) => readShots(database, batch, options),
    shot: async (batch, key) => {
      const record = database.get<ShotRecord>(
        `${shotSelection} where s.batch = ? and s.key = ?`,
        batch,
        key,
      );
      return record && shotRow(record);
    },
    unresolved: async (batch) => readUnresolved(database, batch),
    submissions: (batch) => readSubmissions(database, batch),
    unshown: async function* (batch) {
      yield* unshown(database, batch);
    },
    fileNotes: async (batch) => fileNotes(database, batch),
    uncollected: async (batch) => uncollected(database, batch ?? null),
    balances: async (batch) => balances(database, batch),
    accountUse: async (account, from, to) => accountUse(database, account, from, to),
    changes: async (batch, after, limit) => {
      if (after === 'now') {
        const newest = 'select coalesce(max(seq), 0) as cursor from shot where batch = ?';
        return { cursor: database.get<{ cursor: number }>(newest, batch)?.cursor ?? 0, shots: [] };
      }
      const records = database.all<ShotRecord>(
        `${shotSelection} where s.batch = ? and s.seq > ? order by s.seq limit ?`,
        batch,
        after,
        limit,
      );
      return { cursor: records.at(-1)?.seq ?? after, shots: records.map(shotRow) };
    },
    knownFiles: async (batch, key) =>
      database
        .all<{ sha256: string }>(
          'select sha256 from shot_file where batch = ? and key = ?',
          batch,
          key,
        )
        .map(({ sha256 }) => sha256),
  };
}

/** Reads pages by position in the plan, so that no cursor stays open while the caller awaits. */
async function* readShots(
  database: Database,
  batch: string,
  options: NonNullable<Parameters<ReportLedger['shots']>[1]>,
): AsyncIterable<ShotRow> {
  const states = options.states ? JSON.stringify(options.states) : null;
  const { step: only } = options;
  for (const step of only === undefined ? stepsInOrder(database, batch) : [only]) {
    let last = { ordinal: -1, key: '' };
    for (;;) {
      const page = database.all<ShotRecord>(
        `${shotSelection} where s.batch = ?1 and s.step = ?2 and (s.ordinal, s.key) > (?3, ?4)
           and (?5 is null or s.state in (select value from json_each(?5)))
           and (?6 = 1 or s.state <> 'retired') and (?7 is null or s.account = ?7)
           and (?8 = 0 or ${isPartial})
         order by s.ordinal, s.key limit ${pageRows}`,
        batch,
        step,
        last.ordinal,
        last.key,
        states,
        options.retired ? 1 : 0,
        options.account ?? null,
        options.partial ? 1 : 0,
      );
      await othersTurn();
      for (const record of page) yield shotRow(record);
      const end = page.at(-1);
      if (!end || page.length < pageRows) break;
      last = end;
    }
  }
}

/** Steps in file order, then steps of retired shots only. */
function stepsInOrder(database: Database, batch: string): readonly string[] {
  const written = database.get<{ steps: string }>('select steps from batch where name = ?', batch);
  const steps = (JSON.parse(written?.steps ?? '[]') as { name: string }[]).map(({ name }) => name);
  const others = database.all<{ step: string }>(
    'select distinct step from shot where batch = ? order by step',
    batch,
  );
  return [...new Set([...steps, ...others.map(({ step }) => step)])];
}

function readUnresolved(database: Database, batch: string): readonly UnresolvedRow[] {
  const records = database.all<ShownSubmission & { waiting: string | null }>(
    `select shown.*,
       (select min(key) from shot where submission = shown.id and +batch = ?1) as waiting
     from (${submissionSelection}
     where (m.state = 'parked' or m.state = 'stalled' and m.op = 'generate') and m.id in (
       select id from submission where batch = ?1 and state in ('parked', 'stalled')
       union select submission from shot where batch = ?1 and state = 'parked'
       union select t.id from shot s cross join submission t indexed by submission_fp
         on t.account = s.account and t.fp = s.training_fp
         where s.batch = ?1 and s.state = 'blocked' and s.training_fp is not null)
     ) as shown order by shown.claimed_at, shown.id`,
    batch,
  );
  return records.map((record) => ({
    ...submissionRow(record),
    key: record.waiting ?? record.key,
    batch: record.batch,
    fingerprint: record.fp,
    request: record.request === null ? null : (JSON.parse(record.request) as ShotRequest),
    deadlineAt: record.deadline_at,
    isOfGap: record.gap !== null,
  }));
}

async function* readSubmissions(database: Database, batch: string): AsyncIterable<SubmissionRow> {
  let last = { claimed_at: -1, id: '' };
  for (;;) {
    const page = database.all<ShownSubmission>(
      `${submissionSelection} where m.batch = ? and (m.claimed_at, m.id) > (?, ?)
       order by m.claimed_at, m.id limit ${pageRows}`,
      batch,
      last.claimed_at,
      last.id,
    );
    await othersTurn();
    for (const record of page) yield submissionRow(record);
    const end = page.at(-1);
    if (!end || page.length < pageRows) return;
    last = end;
  }
}
