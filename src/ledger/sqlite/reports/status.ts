import type { Amount } from '../../../money.ts';
import type {
  AccountMoney,
  BatchRow,
  BatchStatus,
  RaisedPrice,
  StepCounts,
  StopReason,
} from '../../port.ts';
import { acceptedScope, batchScope } from '../../rules/budgets.ts';
import { trainingLanePrefix } from '../../rules/lane-name.ts';
import { readBatch } from '../batches.ts';
import { limitsOf } from '../account-limits.ts';
import type { Database } from '../database.ts';
import { accountsOfBatch, isActive } from '../blocks.ts';
import { isCached, isPartial } from '../rows.ts';
import { countSources } from '../plans/sources.ts';

export function readStatus(
  database: Database,
  batch: string,
  now: number,
): BatchStatus | undefined {
  const row = readBatch(database, batch);
  if (!row) return undefined;
  const steps = countSteps(
    database,
    batch,
    row.steps.map(({ name }) => name),
  );
  return {
    row,
    steps,
    unmade: row.state === 'paused' || row.state === 'cancelled' ? unmade(database, row, steps) : [],
    accounts: readMoney(database, batch, row.run),
    blocks: database
      .all<BatchStatus['blocks'][number]>(
        `select account, nullif(model, '*') as model, reason, until, why, since
         from block
         where ${isActive('?1')} and account in (${accountsOfBatch('?2', '?3')})
         order by account, model, reason`,
        now,
        batchScope(batch),
        acceptedScope(batch, row.run),
      )
      .map((block) => ({ ...block })),
    stops: readStops(database, batch, row.run),
    raisedPrices: raisedPrices(database, batch, row.run),
    undecidedTrainings: undecidedTrainings(database, batch),
    isStopped: !hasMovingShot(database, batch, row.run),
  };
}

/** The six counts of a step add up to its total; retired shots are not counted. */
function countSteps(
  database: Database,
  batch: string,
  steps: readonly string[],
): readonly StepCounts[] {
  const counted = database.all<StepCounts>(
    `select s.step, count(*) as total,
       count(*) filter (where s.state = 'done' and not ${isCached}) as succeeded,
       count(*) filter (where s.state = 'done' and ${isCached}) as cached,
       count(*) filter (where s.state in ('failed', 'skipped', 'blocked')) as failed,
       count(*) filter (where s.state = 'parked') as parked,
       count(*) filter (where s.state = 'bound') as running,
       count(*) filter (where s.state = 'open') as waiting,
       count(*) filter (where ${isPartial}) as partial,
       coalesce(sum((select count(*) from output where submission = s.submission
         and s.state = 'done' and state = 'saved')), 0) as outputs,
       coalesce(sum((select count(*) from output indexed by output_damaged
         where submission = s.submission and s.state = 'done' and damaged is not null
         and state = 'saved')), 0) as damaged
     from shot s left join submission m on m.id = s.submission
     where s.batch = ? and s.state <> 'retired' group by s.step`,
    batch,
  );
  const byStep = new Map(counted.map((counts) => [counts.step, { ...counts }]));
  const none = { total: 0, succeeded: 0, cached: 0, failed: 0, parked: 0, running: 0, waiting: 0 };
  return [...new Set([...steps, ...byStep.keys()])].map(
    (step) => byStep.get(step) ?? { step, ...none, partial: 0, outputs: 0, damaged: 0 },
  );
}

/** Each file that a step reads is the origin of at least one of its shots. */
function unmade(
  database: Database,
  { batch, steps }: BatchRow,
  counts: readonly StepCounts[],
): BatchStatus['unmade'] {
  return steps.flatMap(({ name, from, pick }) => {
    const total = counts.find(({ step }) => step === name)?.total ?? 0;
    if (from.length === 0) return total === 0 ? [{ step: name, files: 0 }] : [];
    const made = database.get<{ count: number }>(
      `select count(distinct origin) as count from shot
       where batch = ? and step = ? and state <> 'retired'`,
      batch,
      name,
    );
    const files = Math.max(0, countSources(database, batch, from, pick) - (made?.count ?? 0));
    return total === 0 || files > 0 ? [{ step: name, files }] : [];
  });
}

function readMoney(database: Database, batch: string, run: number): readonly AccountMoney[] {
  const sums = database.all<AccountMoney & { batch_cap: Amount | null }>(
    `with involved as (
       select account, unit from budget where scope in (?1, ?2) union
       select account, unit from submission where batch = ?3)
     select i.account, i.unit,
       coalesce((select cap from budget b where b.scope = ?2 and b.account = i.account
         and b.unit = i.unit), 0) as planned,
       coalesce(sum(m.reserved) filter (where m.state in ('claimed', 'submitted')), 0) as reserved,
       coalesce(sum(m.spent), 0) as spent,
       coalesce(sum(max(0, max(coalesce(m.price, 0), iif(m.refund = 'back', coalesce(m.billed, 0), 0))
         - m.spent)) filter (where m.state = 'failed'), 0) as refunded,
       coalesce(sum(m.spent) filter (where m.refund = 'owed'), 0) as promised,
       coalesce(sum(m.spent) filter (where m.state = 'lost' and m.op = 'generate'), 0) as lost,
       coalesce(sum(m.reserved) filter (where m.state in ('ambiguous', 'parked', 'stalled')), 0)
         as ambiguous,
       coalesce(sum(m.spent) filter (where m.resolution in ('again', 'skip', 'resubmit')
         and m.duplicate = 0), 0) as unproven,
       (select cap from budget b where b.scope = ?1 and b.account = i.account and b.unit = i.unit)
         as batch_cap
     from involved i left join submission m
       on m.batch = ?3 and +m.account = i.account and m.unit = i.unit
     group by i.account, i.unit order by i.account, i.unit`,
    batchScope(batch),
    acceptedScope(batch, run),
    batch,
  );
  return sums.map(({ batch_cap: ofBatch, ...money }) => {
    const standing = limitsOf(database, money.account).budgets.map(({ amount }) => amount);
    const caps = [...standing, ...(ofBatch === null ? [] : [ofBatch])];
    return { ...money, unit: money.unit, cap: caps.length > 0 ? Math.min(...caps) : null };
  });
}

/**
 * A block that ends by itself does not stop a lane. A sent request is followed whatever stops its
 * lane, unless the key there is refused or another's.
 */
function hasMovingShot(database: Database, batch: string, run: number): boolean {
  const isFollowed = database.get(
    `select 1 from shot s where s.batch = ?1 and s.state = 'bound' and not exists (
       select 1 from stop t where t.batch = ?1 and t.run = ?2 and t.lane = s.lane
         and (t.reason ->> 'kind' = 'otherKey' or t.reason ->> 'block' = 'badKey')) limit 1`,
    batch,
    run,
  );
  return (
    isFollowed !== undefined ||
    database.get(
      `select 1 from shot s where s.batch = ?1 and s.state = 'open' and not exists (
         select 1 from stop t where t.batch = ?1 and t.run = ?2
             and (t.lane = s.lane or t.lane = ?3 || s.training_fp)
           and coalesce(t.reason ->> 'block', '') not in ('unreachable', 'limited', 'circuitOpen'))
       limit 1`,
      batch,
      run,
      trainingLanePrefix,
    ) !== undefined
  );
}

function readStops(database: Database, batch: string, run: number): readonly StopReason[] {
  const rows = database.all<{ reason: string }>(
    `select reason from stop where batch = ? and run = ? group by reason order by max(at) desc`,
    batch,
    run,
  );
  return rows.map(({ reason }) => JSON.parse(reason) as StopReason);
}

function raisedPrices(database: Database, batch: string, run: number): readonly RaisedPrice[] {
  return database
    .all<RaisedPrice>(
      `select account, model, unit, min(price) as planned, max(billed) as billed from submission
       where batch = ? and run = ? and billed > price
       group by account, model, unit order by account, model`,
      batch,
      run,
    )
    .map((raised) => ({ ...raised }));
}

function undecidedTrainings(database: Database, batch: string): number {
  const parked = database.get<{ count: number }>(
    `select count(*) as count from account a cross join submission m indexed by submission_state
       on m.account = a.id and m.state = 'parked' and m.op = 'train' and m.batch = ?`,
    batch,
  );
  return parked?.count ?? 0;
}
