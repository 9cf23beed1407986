import { setImmediate as othersTurn } from 'node:timers/promises';
import { outputName } from '../../../batch/names.ts';
import type { ShotRequest } from '../../../batch/request.ts';
import type { SourceOutput } from '../../../batch/shot.ts';
import type { Database } from '../database.ts';

const pageRows = 500;

interface SourceRecord {
  submission: string;
  idx: number;
  sha256: string;
  mime: string;
  name: string;
  key: string;
  step: string;
  take: number;
  written_model: string;
  variables: string;
  ordinal: number;
  request: string;
}

/** Reads pages by position in the plan, so that no cursor stays open while the caller awaits. */
export async function* sources(
  database: Database,
  batch: string,
  steps: readonly string[],
  pick: 'all' | 'approved',
): AsyncIterable<SourceOutput> {
  for (const step of steps) {
    let last: Pick<SourceRecord, 'ordinal' | 'key' | 'idx'> = { ordinal: -1, key: '', idx: -1 };
    for (;;) {
      const page = readPage(database, batch, step, pick, last);
      await othersTurn();
      for (const record of page) yield sourceOutput(record);
      const end = page.at(-1);
      if (!end || page.length < pageRows) break;
      last = end;
    }
  }
}

/** The number of these outputs. */
export function countSources(
  database: Database,
  batch: string,
  steps: readonly string[],
  pick: 'all' | 'approved',
): number {
  const counted = database.get<{ count: number }>(
    `select count(*) as count ${sourceRows(
      's.step in (select value from json_each(?2)) and s.ordinal >= ?3',
    )}`,
    batch,
    JSON.stringify(steps),
    0,
    pick,
  );
  return counted?.count ?? 0;
}

/** @param where uses ?2 and ?3; ?1 is the batch, ?4 the pick */
const sourceRows = (where: string): string => `
  from shot s join batch b on b.name = s.batch and b.run = s.run
    join output o on o.submission = s.submission and o.state = 'saved'
  where s.batch = ?1 and s.state = 'done' and ${where}
    and (?4 = 'all' or exists (select 1 from approval a where a.batch = s.batch
      and a.step = s.step and a.output_sha = o.sha256 and a.verdict = 'approved'))`;

function readPage(
  database: Database,
  batch: string,
  step: string,
  pick: 'all' | 'approved',
  last: Pick<SourceRecord, 'ordinal' | 'key' | 'idx'>,
): SourceRecord[] {
  return database.all<SourceRecord>(
    `select o.submission, o.idx, o.sha256, o.mime, s.name, s.key, s.step, s.take, s.ordinal,
       s.written_model, s.variables, s.request
     ${sourceRows('s.step = ?2 and s.ordinal >= ?3 and (s.ordinal, s.key, o.idx) > (?3, ?5, ?6)')}
     order by s.ordinal, s.key, o.idx limit ${pageRows}`,
    batch,
    step,
    last.ordinal,
    pick,
    last.key,
    last.idx,
  );
}

function sourceOutput(record: SourceRecord): SourceOutput {
  const { key, step, take, ordinal } = record;
  const request = JSON.parse(record.request) as ShotRequest;
  return {
    submission: record.submission,
    index: record.idx,
    sha256: record.sha256,
    mime: record.mime,
    name: outputName(record.name, record.idx, request.outputs ?? 1),
    shot: {
      key,
      step,
      take,
      ordinal,
      writtenModel: record.written_model,
      variables: JSON.parse(record.variables),
      prompt: request.prompt,
    },
  };
}
