import type { Wait } from '../../port.ts';
import { blockedUntil } from '../blocks.ts';
import { refundWaitMs } from '../../rules/refunds.ts';
import type { Database } from '../database.ts';

/** Paid by the batch, or waited for by a shot of it. */
const ofBatch = `(+m.batch = ?1
  or exists (select 1 from shot s where s.submission = m.id and +s.batch = ?1 and s.state = 'bound'))`;

/** See ReportLedger.waits. Reads pending work per account, which stays small at any number of past jobs. */
export function readWaits(database: Database, batch: string, now: number): readonly Wait[] {
  return database
    .all<Wait>(
      `select case when m.op = 'train' then 'training' when m.state = 'submitted' then 'job'
           else 'answer' end as kind, m.account, count(*) as count,
         min(coalesce(m.submitted_at, m.claimed_at)) as since,
         max(case when m.op = 'train' then coalesce(m.submitted_at, m.claimed_at)
           when m.state = 'submitted' then m.give_up_at
           else max(coalesce(m.over_at, m.deadline_at), coalesce(${blockedUntil('a.id', '?2')}, 0))
         end) as last,
         max(m.why) as why
       from account a cross join submission m indexed by submission_state
         on m.account = a.id and m.state in ('submitted', 'ambiguous') and ${ofBatch}
       group by 1, 2
       union all
       select 'file', m.account, count(*), min(m.ended_at), min(o.next_try_at), max(o.why)
       from output o indexed by output_ready cross join submission m on m.id = o.submission
       where o.state = 'ready' and o.tries > 0 and ${ofBatch}
       group by 2
       union all
       select 'refund', m.account, count(*), min(m.ended_at), max(m.ended_at) + ?3, max(m.why)
       from account a cross join submission m indexed by submission_refund
         on m.account = a.id and m.refund = 'owed' and m.ended_at > ?2 - ?3 and +m.batch = ?1
       where exists (
         select 1 from shot s where s.batch = ?1 and s.account = a.id and s.state = 'open')
       group by 2
       order by 1, 2`,
      batch,
      now,
      refundWaitMs,
    )
    .map((row) => ({ ...row }));
}
