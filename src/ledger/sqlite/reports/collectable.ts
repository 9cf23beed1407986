import type { ShotRow, Uncollected } from '../../port.ts';
import type { Database } from '../database.ts';
import { type ShotRecord, outputsOf, shotRow } from '../rows.ts';
import { states } from '../states.ts';

/** Uncollected work by batch and account; a job that two batches wait for counts in both. */
export function uncollected(database: Database, batch: string | null): readonly Uncollected[] {
  return database
    .all<Uncollected>(
      `with wanted as (
         select m.batch, m.id from account a cross join submission m indexed by submission_state
           on m.account = a.id and m.op = 'generate'
             and m.state in ${states.pending}
         union select s.batch, s.submission from shot s
           where s.batch in (select name from batch where ?1 is null or name = ?1)
             and s.state = 'bound' and s.submission is not null
         union select m.batch, m.id from output o indexed by output_ready
           cross join submission m on m.id = o.submission
           where o.state = 'ready' and m.state in ${states.withFiles})
       select w.batch, m.account, m.unit,
         count(*) filter (where m.state in ${states.pending}) as jobs,
         coalesce(sum((select count(*) from output o where o.submission = m.id
           and o.state = 'ready')), 0) as files,
         sum(m.reserved + m.spent) as amount
       from wanted w cross join submission m on m.id = w.id
       where (?1 is null or w.batch = ?1)
       group by w.batch, m.account, m.unit having jobs + files > 0
       order by w.batch, m.account, m.unit`,
      batch,
    )
    .map((row) => ({ ...row }));
}

/** See ReportLedger.unshown. */
export function unshown(database: Database, batch: string): readonly ShotRow[] {
  const records = database.all<ShotRecord>(
    `select 0 as id, m.batch, m.key, substr(m.key, 1, instr(m.key, '/') - 1) as step,
       substr(m.key, instr(m.key, '/') + 1) as name, coalesce(s.ordinal, 0) as ordinal,
       coalesce(s.take, 1) as take, m.account, m.fp, m.request, m.price, m.unit, m.basis,
       'retired' as state, m.why, m.attempt as tries, coalesce(s.origin, '') as origin,
       m.id as submission, m.state as submission_state, 0 as cached, 0 as seq,
       m.billed, m.undelivered, ${outputsOf('m.id')} as outputs
     from submission m left join shot s on s.batch = m.batch and s.key = m.key
     where m.batch = ? and m.op = 'generate' and m.state in ${states.withFiles}
       and exists (select 1 from output where submission = m.id and state = 'saved')
       and not exists (select 1 from shot c where c.submission = m.id and +c.batch = m.batch
         and c.state <> 'retired')
     order by m.claimed_at, m.id`,
    batch,
  );
  return records.map(shotRow);
}
