import type { FileNote } from '../../port.ts';
import type { Database } from '../database.ts';

const notesMax = 1_000;

/** See ReportLedger.fileNotes. */
export function fileNotes(database: Database, batch: string): readonly FileNote[] {
  return database
    .all<FileNote>(
      `select s.key, o.idx as 'index', 'damaged' as state, o.damaged as why, o.tries,
         null as nextAt
       from shot s cross join output o indexed by output_damaged on o.submission = s.submission
       where s.batch = ?1 and s.state = 'done' and o.damaged is not null and o.state = 'saved'
       union all
       select coalesce(s.key, m.key), o.idx, 'unfetched', o.why, o.tries, o.next_try_at
       from output o indexed by output_ready cross join submission m on m.id = o.submission
         left join shot s on s.submission = m.id and +s.batch = ?1 and s.state = 'bound'
       where o.state = 'ready' and o.why is not null and (s.id is not null or m.batch = ?1)
       order by 1, 2 limit ${notesMax}`,
      batch,
    )
    .map((row) => ({ ...row }));
}
