import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Range } from '../../src/ledger/port.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/index.ts';
import {
  account,
  accountSettings,
  everything,
  plannedShots,
  plannedShot,
  startBatch,
} from './fixture.ts';

const batches = ['fox', 'owl'] as const;
const processes = 3;
const steps = 120;
/** Length of the names under which an account's sums of a period are kept. */
const scopeLength = { ever: 12, month: 15, day: 18 } as const;

describe('several processes that claim, record, refund and decide at random', () => {
  it('never exceed a cap by one unit, at no moment, and lose count of nothing', async () => {
    const world = fc.record({
      price: fc.integer({ min: 1, max: 3_000 }),
      batchCap: fc.integer({ min: 3_000, max: 20_000 }),
      accountCap: fc.integer({ min: 3_000, max: 30_000 }),
      acceptedCap: fc.integer({ min: 3_000, max: 20_000 }),
      period: fc.constantFrom('day', 'month', 'ever'),
      seed: fc.nat(1_000_000),
    });
    await fc.assert(fc.asyncProperty(world, play), { numRuns: 4 });
  }, 60_000);
});

async function play(world: {
  price: number;
  batchCap: number;
  accountCap: number;
  acceptedCap: number;
  period: 'day' | 'month' | 'ever';
  seed: number;
}): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'shotlist-caps-'));
  const path = join(folder, 'ledger.db');
  const ledger = await openSqliteLedger({ path });
  try {
    const budget = { amount: world.accountCap, period: world.period };
    await ledger.batches.putAccounts([accountSettings({ budget })]);
    const ranges: Range[] = [];
    for (const [offset, batch] of batches.entries())
      ranges.push(await startBatch(ledger, batch, shotsOf(offset, world.price), capsOf(world)));
    watchCaps(path, world.accountCap, scopeLength[world.period]);
    const stops = await Promise.all(
      Array.from({ length: processes }, (_, index) =>
        spend(path, JSON.stringify(ranges), world.seed + 7 * index),
      ),
    );
    expect(stops.flat().length).toBeGreaterThan(0);
    const paid = await Promise.all(
      batches.map((batch) => everything(ledger.reports.submissions(batch))),
    );
    expect(paid.flat().length).toBeGreaterThan(0);
    // Where there is a cap, nothing is paid whose price nobody knows.
    expect(paid.flat().filter(({ price }) => price.amount === null)).toEqual([]);
    const database = new DatabaseSync(path);
    expect(database.prepare('select * from violation').all()).toEqual([]);
    expect(database.prepare(sumsApart).all()).toEqual([]);
    database.close();
  } finally {
    await ledger.close();
    await rm(folder, { recursive: true });
  }
}

/** Half of a batch's shots are the other's as well; one has no known price. */
function shotsOf(offset: number, amount: number) {
  const known = plannedShots(24).slice(8 * offset, 8 * offset + 16);
  return [
    plannedShot(99 - offset, { price: { amount: null, unit: 'credits', basis: 'unknown' } }),
    ...known.map((shot, index) => ({
      ...shot,
      price: { ...shot.price, amount: index % 2 === 0 ? amount : 1_000 },
    })),
  ];
}

function capsOf({ batchCap, acceptedCap }: { batchCap: number; acceptedCap: number }) {
  return {
    policy: { retries: 9, paidRetries: 9, maxFailures: null, onAmbiguous: 'park' as const },
    budget: [{ account, unit: 'credits' as const, cap: batchCap }],
    accepted: [{ account, unit: 'credits' as const, cap: acceptedCap }],
    unknownPrices: true,
  };
}

/** The database itself notes every moment in which a sum is above its cap. */
function watchCaps(path: string, accountCap: number, length: number): void {
  const database = new DatabaseSync(path);
  const isOver = `(new.cap is not null and new.reserved + new.spent > new.cap) or
    (new.scope like 'account:%' and length(new.scope) = ${length}
      and new.reserved + new.spent > ${accountCap})`;
  const note = `insert into violation values (new.scope, new.reserved + new.spent, new.cap)`;
  database.exec(`create table violation (scope text, used integer, cap integer);
    create trigger over_update after update on budget when ${isOver} begin ${note}; end;
    create trigger over_insert after insert on budget when ${isOver} begin ${note}; end;`);
  database.close();
}

async function spend(path: string, ranges: string, seed: number): Promise<readonly string[]> {
  const script = join(import.meta.dirname, 'spend-at-random.ts');
  const child = spawn(process.execPath, [script, path, ranges, String(seed), String(steps)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  return JSON.parse(text) as string[];
}

/** Sums that are not what their submissions add up to. */
const sumsApart = `
  with owed as (
    select 'batch:' || batch as scope, reserved, spent from submission union all
    select 'accepted:' || batch || '#' || run, reserved, spent from submission union all
    select 'account:ever', reserved, spent from submission)
  select scope from budget
    where scope like 'batch:%' or scope like 'accepted:%' or scope = 'account:ever'
    group by scope
    having sum(reserved) <> (select coalesce(sum(o.reserved), 0) from owed o where o.scope = budget.scope)
      or sum(spent) <> (select coalesce(sum(o.spent), 0) from owed o where o.scope = budget.scope)`;
