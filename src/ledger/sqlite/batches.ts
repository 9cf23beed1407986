import { UserError } from '../../errors.ts';
import type { AcceptedRun, BatchLedger, BatchRow, BatchState } from '../port.ts';
import { acceptedScope, batchScope } from '../rules/budgets.ts';
import { addAccount, putLimits } from './account-limits.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';
import { retireSteps } from './shot-state.ts';
import { endBlocks } from './blocks.ts';
import { setCap } from './money.ts';
import { noteBalance } from './reports/cost-facts.ts';
import { batchRow, type BatchRecord } from './rows.ts';

export function createBatchLedger({ database, commits, now }: Context): BatchLedger {
  return {
    clearStop: async (batch, lane, until) => {
      const earlier = 'from stop where batch = ? and lane = ? and at < ?';
      if (database.get(`select 1 ${earlier}`, batch, lane, until))
        await commits.write(() => {
          database.run(`delete ${earlier}`, batch, lane, until);
        });
    },
    clearKeyStops: async (batch, account) => {
      const stops = `from stop where batch = ? and reason ->> 'account' = ?
        and (reason ->> 'kind' = 'otherKey' or reason ->> 'block' = 'badKey')`;
      if (database.get(`select 1 ${stops}`, batch, account))
        await commits.write(() => {
          database.run(`delete ${stops}`, batch, account);
        });
    },
    noteStop: (range, reason) =>
      commits.write(() => {
        database.run(
          `insert or replace into stop (batch, lane, run, reason, at)
             select name, ?2, run, ?4, ?5 from batch where name = ?1 and run = ?3`,
          range.batch,
          range.lane,
          range.run,
          JSON.stringify(reason),
          now(),
        );
      }),
    noteBalance: (batch, balance) =>
      commits.write(() => noteBalance(database, batch, balance, now())),
    addAccounts: (accounts) =>
      commits.write(() => {
        for (const account of accounts) addAccount(database, account);
      }),
    putAccounts: (accounts) =>
      commits.write(() => {
        for (const account of accounts) putLimits(database, account);
      }),
    startRun: (run) => commits.write(() => startRun(database, run, now())),
    get: async (batch) => readBatch(database, batch),
    setProject: (batch, project) =>
      commits.write(() => {
        database.run('update batch set project = ? where name = ?', project, batch);
      }),
    passOn: (batch, from, to) =>
      commits.write(
        () =>
          database.run(
            'update batch set owner_path = ?, project = ? where name = ? and owner_path = ?',
            to.ownerPath,
            to.project,
            batch,
            from,
          ) > 0,
      ),
    setState: (batch, to, from) => commits.write(() => setState(database, batch, to, from, now())),
    clearBlocks: (batch) => commits.write(() => resumeAccounts(database, batch, now())),
    setBudget: (batch, account, unit, cap) =>
      commits.write(() => {
        setCap(database, batchScope(batch), account, unit, cap);
        // The old cap caused this stop. The next claim decides whether the new cap stops it too.
        database.run(
          `delete from stop where batch = ? and reason ->> 'kind' = 'budget'
             and reason ->> 'scope' = 'batch' and reason ->> 'account' = ?`,
          batch,
          account,
        );
      }),
    finishRun: (batch, run, outcome) =>
      commits.write(() => finishRun(database, batch, run, outcome, now())),
    list: async () =>
      database.all<BatchRecord>('select * from batch order by started_at, name').map(batchRow),
  };
}

export function readBatch(database: Database, batch: string): BatchRow | undefined {
  const record = database.get<BatchRecord>('select * from batch where name = ?', batch);
  return record && batchRow(record);
}

function startRun(database: Database, run: AcceptedRun, now: number): BatchRow {
  const before = readBatch(database, run.batch);
  if (before && before.ownerPath !== run.ownerPath)
    throw new UserError(`the batch name ${run.batch} belongs to ${before.ownerPath}`, {
      next: ['give one of the two files another name (batch: ...)'],
    });
  const number = (before?.run ?? 0) + 1;
  database.run(
    `insert or replace into batch (name, run, state, frozen, owner_path, project, policy,
       steps, unknown_prices, started_at, ended_at)
     values (?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, null)`,
    run.batch,
    number,
    run.frozen,
    run.ownerPath,
    run.project,
    JSON.stringify(run.policy),
    JSON.stringify(run.steps),
    run.unknownPrices ? 1 : 0,
    now,
  );
  database.run(
    'insert into run (batch, n, frozen, accepted, accounts, started_at) values (?, ?, ?, ?, ?, ?)',
    run.batch,
    number,
    run.frozen,
    JSON.stringify(run.accepted),
    JSON.stringify(run.accounts),
    now,
  );
  database.run('update budget set cap = null where scope = ?', batchScope(run.batch));
  for (const { account, unit, cap } of run.budget)
    setCap(database, batchScope(run.batch), account, unit, cap);
  for (const { account, unit, cap } of run.accepted)
    setCap(database, acceptedScope(run.batch, number), account, unit, cap);
  database.run('delete from stop where batch = ?', run.batch);
  retireSteps(
    database,
    run.batch,
    run.steps.map(({ name }) => name),
  );
  endBlocks(database, { batch: run.batch, run: number }, now);
  const row = readBatch(database, run.batch);
  if (!row) throw new Error(`batch ${run.batch} is gone`);
  return row;
}

function setState(
  database: Database,
  batch: string,
  to: BatchState,
  from: readonly BatchState[],
  now: number,
): boolean {
  const changed = database.run(
    `update batch set state = ? where name = ? and state in (select value from json_each(?))`,
    to,
    batch,
    JSON.stringify(from),
  );
  if (changed > 0 && to === 'running') resumeAccounts(database, batch, now);
  return changed > 0;
}

function resumeAccounts(database: Database, batch: string, now: number): void {
  endBlocks(database, { batch, run: readBatch(database, batch)?.run ?? 0 }, now);
  // Resume does not clear stops of unknown prices, or of the caps of the batch and the accepted
  // plan.
  database.run(
    `delete from stop where batch = ? and reason ->> 'kind' <> 'unknownPrice'
       and coalesce(reason ->> 'scope', 'account') = 'account'`,
    batch,
  );
}

function finishRun(
  database: Database,
  batch: string,
  run: number,
  outcome: string,
  now: number,
): void {
  database.run(
    'update run set outcome = ?, ended_at = ? where batch = ? and n = ? and ended_at is null',
    outcome,
    now,
    batch,
    run,
  );
  database.run(
    `update batch set state = iif(state = 'cancelled', 'cancelled', 'finished'), ended_at = ?
     where name = ? and run = ? and ended_at is null`,
    now,
    batch,
    run,
  );
}
