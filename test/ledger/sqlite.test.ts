import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, it } from 'vitest';
import { backUp } from '../../src/ledger/sqlite/backup.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/index.ts';
import { shotTransitions, transitions } from '../../src/ledger/rules/transitions.ts';
import { account, accountSettings, claimOne, plannedShot, startBatch } from './fixture.ts';
import { allowedBy, SeenTransitions } from './seen-transitions.ts';
import { accessesOf, fillWithHistory, recordStatements, unseenStatements } from './statements.ts';
import { ledgerSuite } from './suite.ts';

const recorded = recordStatements();
const seen = new SeenTransitions();

ledgerSuite(async ({ now }) => {
  const folder = await mkdtemp(join(tmpdir(), 'shotlist-ledger-'));
  const path = join(folder, 'ledger.db');
  let ledger = await openSqliteLedger({ path, now });
  seen.watch(path);
  return {
    ledger,
    reopen: async () => {
      await ledger.close();
      ledger = await openSqliteLedger({ path, now });
      return ledger;
    },
    close: async () => {
      await ledger.close();
      seen.collect(path);
      await rm(folder, { recursive: true });
    },
  };
});

describe('the file', () => {
  it('is known again, and what was put in its place is not taken for it', async () => {
    await using place = await emptyLedger();
    const { path, folder } = place;
    const copy = join(folder, 'copy.db');
    const ledger = await openSqliteLedger({ path });
    await ledger.batches.putAccounts([accountSettings()]);
    await claimOne(ledger, await startBatch(ledger, 'fox', [plannedShot(0)]));
    await ledger.close();
    await backUp({ ledgerPath: path, target: copy, settings: null, now: () => 1 });
    const opened = await openSqliteLedger({ path: copy });
    expect(opened.gaps.copyOf).toBeDefined();
    await opened.close();
    // By a clock that is ahead.
    const later = (): number => Date.now() + 60_000;
    await backUp({ ledgerPath: path, target: path, settings: null, now: later });
    const restored = await openSqliteLedger({ path });
    expect(restored.gaps.found).toHaveLength(1);
    await restored.close();
  });
});

describe('every change of a state', () => {
  it.each([
    ['submission', transitions],
    ['shot', shotTransitions],
  ] as const)('of a %s that the tests above made is in its table', (of, table) => {
    const allowed = allowedBy(table);
    expect([...seen[of]].filter((pair) => !allowed.has(pair))).toEqual([]);
    expect(seen[of].size).toBeGreaterThan(allowed.size / 2);
  });
});

describe('every statement', () => {
  beforeAll(recorded.stop);

  it('was run by the tests above', () => {
    expect(unseenStatements(recorded.texts)).toEqual([]);
  });

  it.each([
    ['without statistics', 0],
    ['with statistics of 100,000 earlier images', 100_000],
  ])('reads what it needs and not the past, %s', async (_, images) => {
    await using place = await emptyLedger();
    const database = new DatabaseSync(place.path);
    if (images > 0) fillWithHistory(database, [account, 'other'], images);
    // As in a backup that is about to become a ledger.
    database.exec('create table backup (made_at integer, settings text)');
    const strange: string[] = [];
    for (const sql of recorded.texts)
      for (const access of accessesOf(database, sql)) {
        const text = sql.replace(/\s+/g, ' ').trim();
        if (!isBounded(access, text) && !isReviewed(access, text))
          strange.push(`${access}  <-  ${text}`);
      }
    database.close();
    expect(strange).toEqual([]);
  });
});

/** By a whole key, or of things of which there are few: settings, blocks, budgets, uploads of one account. */
const byKey: readonly RegExp[] = [
  /^(INTEGER )?PRIMARY KEY \(/,
  /^sqlite_autoindex_(kept|saved)_plan_1 \(id=\?\)$/,
  /^submission_(fp|exclusive) \(account=\? AND fp=\?\)$/,
  /^submission_job \(account=\? AND job_id=\?\)$/,
  /^submission_refund \(account=\?\)$/,
  /^submission_claimed \(account=\? AND claimed_at>\? AND claimed_at<\?\)$/,
  /^shot_(submission|key|wanted|range|failed|open) \((submission=\?|batch=\? AND key=\?|account=\? AND fp=\?|batch=\? AND lane=\? AND pos>\? AND pos<\?|batch=\? AND (run|account)=\?)\)$/,
  /^output_(ready|damaged) \(submission=\?\)$/,
  // One row is enough: an unfinished batch of a project.
  /^batch_unfinished \(project=\?\)$/,
  // Of files that are to be fetched.
  /^all of output_ready$/,
  /^all of (meta|account|batch|saved_plan|place|sqlite_schema|backup|clock_back)$/,
  // Few: gaps, and files of one content.
  /^all of gap$/,
  /^output_file \(sha256=\?\)$/,
  // Of accounts and batches, as reports that go through all of them call the tables.
  /^all of [ab]$/,
];

const past = /'(succeeded|failed|rejected|lost)'/;

function isBounded(access: string, text: string): boolean {
  if (byKey.some((each) => each.test(access))) return true;
  // The states of what is under way; a state of the past may stand in another part of the statement.
  return access.startsWith('submission_state (account=? AND state=?') && !past.test(text);
}

/** What reads more, and why it may. */
const reviewed: readonly { access: RegExp; text: RegExp; because: string }[] = [
  {
    access: /^shot_(seq|order|state|range|open) \(batch=\?|^all of dense$/,
    text: /^update shot set (lane =|state = 'retired'|state = 'blocked')|^select account, (count|min|request)/,
    because: 'plans a step, or closes it: once for all of its shots',
  },
  {
    access: /^shot_(seq|order) \(batch=\?|^submission_batch \(batch=\? AND/,
    text: /order by (s\.seq|s\.ordinal, s\.key|m\.claimed_at, m\.id|s\.ordinal, s\.key, o\.idx) limit/,
    because: 'a page of a report, by the place where the one before it ended',
  },
  {
    access: /^shot_(order|state) \(batch=\? AND step=\?/,
    text: /^select count\((distinct origin|\*)\) as count from shot (where|s join batch)/,
    because: 'counts the shots and files of a step of a batch that was stopped',
  },
  {
    access: /^shot_(seq|order|open|key) \(batch=\?\)$/,
    text: /^select (s\.step, count|s\.key, o\.idx as 'index', 'damaged'|1 from shot s where s\.batch|distinct step|shown\.\*)|^with wanted/,
    because: 'sums up one batch for its status',
  },
  {
    access: /^shot_\w+ \(batch=\?\)$/,
    text: /^select distinct account from shot/,
    because: 'the accounts of one batch, for its plan',
  },
  {
    access: /^submission_batch \(batch=\?\)$|^all of [iw]$/,
    text: /^select (shown\.\*|0 as id|account, model, unit, min)|^with (involved|wanted)/,
    because: 'sums up what one batch paid, or what it left',
  },
  {
    access: /^submission_claimed \(account=\?\)$/,
    text: /^select job, job_id, .* order by claimed_at desc limit 3$/,
    because: 'the latest jobs of an account, where its key is new',
  },
  {
    access: /^submission_state \(account=\? AND state=\?\)$/,
    text: /^select 1 from submission where account = \? and state in \(.*'lost'\) limit 1$/,
    because: 'one row: whether the account has sent anything',
  },
  {
    access: /^submission_claimed \(account=\?\)$/,
    text: /^select min\(first\) as first/,
    because: 'the first and the last entry of an index',
  },
  {
    access: /^submission_claimed \(account=\? AND claimed_at<\?\)$|^PRIMARY KEY$/,
    text: /^select max\(at\) as at from/,
    because: 'one entry of an index an account, where the clock was set back',
  },
  {
    access: /^shot_seq \(batch=\?\)$/,
    text: /^select coalesce\(max\(seq\), 0\) as cursor/,
    because: 'the last entry of an index',
  },
  {
    access: /^shot_wanted \(account=\?\)$/,
    text: /^select 1 from shot indexed by shot_wanted/,
    because: 'shots that show nothing, where a job of a gap was found',
  },
  {
    access: /^submission_lost \(batch=\?\)$/,
    text: /^select o\.submission/,
    because: 'lost files of one batch, when it is collected or runs again',
  },
  {
    access: /^(all of )?submission_claimed$/,
    text: /^select (count\(\*\) as count|account, unit, sum\(spent\) .*|max\(claimed_at\) as at|id, claimed_at as at) from submission/,
    because: 'looks at a backup, or at the original of a copied project: once',
  },
  {
    access: /^submission_state \(account=\? AND state=\?\)$/,
    text: /where m\.account = \?2 and m\.state in \('claimed', 'submitted', 'ambiguous'\)|on m\.account = a\.id .* m\.state in \('claimed', 'submitted', 'ambiguous'\)/,
    because: 'states of the past stand in its other parts, which go by the file or the shot',
  },
  {
    access: /^submission_state \(.* deadline_at>\? AND deadline_at<\?\)$|^all of r$/,
    text: /state = '(succeeded|submitted)' and deadline_at between .* limit 500\) r/,
    because: 'a few hundred at most',
  },
  {
    access:
      /^all of (shot|shot_file|shot_seq)$|^shot_seq \(batch=\?\)$|^submission_claimed \(account=\?\)$/,
    text: /^with held as|^select training_fp|^update output set remote = 'null'|training_fp = \? and state = 'blocked'/,
    because:
      'a command about what lies at a vendor, or a word on a training: once, and a person waits',
  },
];

function isReviewed(access: string, text: string): boolean {
  return reviewed.some((each) => each.access.test(access) && each.text.test(text));
}

async function emptyLedger() {
  const folder = await mkdtemp(join(tmpdir(), 'shotlist-plans-'));
  const path = join(folder, 'ledger.db');
  await (await openSqliteLedger({ path })).close();
  return {
    folder,
    path,
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true }),
  };
}
