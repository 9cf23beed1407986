import type { JsonObject } from '../../json.ts';
import type { ReportLedger, ShotRow, SubmissionRow } from '../port.ts';
import { readAccountTotals } from './account-totals.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';
import { shotRow, shotSelection, submissionRow } from './rows.ts';
import type { ShotRecord, SubmissionRecord } from './rows.ts';
import { readStatus } from './status.ts';

const pageRows = 500;
const plansKeptMs = 30 * 24 * 60 * 60_000;

export function createReportLedger({ database, commits, now }: Context): ReportLedger {
  return {
    status: async (batch) => readStatus(database, batch, now()),
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
    submissions: (batch) => readSubmissions(database, batch),
    changes: async (batch, after, limit) => {
      if (after === 'now') {
        const newest = 'select coalesce(max(seq), 0) as cursor from shot';
        return { cursor: database.get<{ cursor: number }>(newest)?.cursor ?? 0, shots: [] };
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
    keepPlan: (plan, content) =>
      commits.write(() => {
        database.run('delete from kept_plan where at <= ?', now() - plansKeptMs);
        database.run(
          'insert or replace into kept_plan (id, content, at) values (?, ?, ?)',
          plan,
          JSON.stringify(content),
          now(),
        );
      }),
    keptPlan: async (plan) => {
      const row = database.get<{ content: string }>(
        'select content from kept_plan where id = ? and at > ?',
        plan,
        now() - plansKeptMs,
      );
      return row && (JSON.parse(row.content) as JsonObject);
    },
    noteStop: (range, reason) =>
      commits.write(() => {
        database.run(
          'insert or replace into stop (batch, lane, run, reason, at) values (?, ?, ?, ?, ?)',
          range.batch,
          range.lane,
          range.run,
          JSON.stringify(reason),
          now(),
        );
      }),
  };
}

/** Pages by position in the plan, so that no cursor stays open while the caller awaits. */
async function* readShots(
  database: Database,
  batch: string,
  options: { retired?: boolean; states?: readonly string[] },
): AsyncIterable<ShotRow> {
  const states = options.states ? JSON.stringify(options.states) : null;
  for (const step of stepsInOrder(database, batch)) {
    let last = { ordinal: -1, key: '' };
    for (;;) {
      const page = database.all<ShotRecord>(
        `${shotSelection} where s.batch = ?1 and s.step = ?2 and (s.ordinal, s.key) > (?3, ?4)
           and (?5 is null or s.state in (select value from json_each(?5)))
           and (?6 = 1 or s.state <> 'retired')
         order by s.ordinal, s.key limit ${pageRows}`,
        batch,
        step,
        last.ordinal,
        last.key,
        states,
        options.retired ? 1 : 0,
      );
      for (const record of page) yield shotRow(record);
      const end = page.at(-1);
      if (!end || page.length < pageRows) break;
      last = end;
    }
  }
}

/** Steps that only retired shots know come last. */
function stepsInOrder(database: Database, batch: string): readonly string[] {
  const written = database.get<{ steps: string }>('select steps from batch where name = ?', batch);
  const steps = (JSON.parse(written?.steps ?? '[]') as { name: string }[]).map(({ name }) => name);
  const others = database.all<{ step: string }>(
    'select distinct step from shot where batch = ? order by step',
    batch,
  );
  return [...new Set([...steps, ...others.map(({ step }) => step)])];
}

async function* readSubmissions(database: Database, batch: string): AsyncIterable<SubmissionRow> {
  let last = { claimed_at: -1, id: '' };
  for (;;) {
    const page = database.all<SubmissionRecord>(
      `select * from submission where batch = ? and (claimed_at, id) > (?, ?)
       order by claimed_at, id limit ${pageRows}`,
      batch,
      last.claimed_at,
      last.id,
    );
    for (const record of page) yield submissionRow(record);
    const end = page.at(-1);
    if (!end || page.length < pageRows) return;
    last = end;
  }
}
