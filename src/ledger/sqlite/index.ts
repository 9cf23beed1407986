import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../storage/durable-folder.ts';
import type { ClaimAnswer, ClaimLedger, Ledger } from '../port.ts';
import { createBatchLedger } from './batches.ts';
import { createClaimLedger } from './claims/claims.ts';
import { type Database, openDatabase } from './database.ts';
import { createGapLedger } from './gaps.ts';
import { GroupCommit } from './group-commit.ts';
import { createKeyLedger } from './keys.ts';
import { createLearnedLedger } from './learned.ts';
import { MarkKeeper, readMark } from './mark.ts';
import { createPlanLedger } from './plans/plans.ts';
import { checkProvenance, type Provenance } from './provenance.ts';
import { createRemoteLedger } from './remotes/remotes.ts';
import { createReportLedger } from './reports/reports.ts';
import { migrate } from './schema.ts';
import { createSubmissionLedger } from './submissions/submissions.ts';

/**
 * Opens the ledger in a file and creates the file if needed. Any number of processes of one machine
 * may have it open at once.
 * @throws UserError when a newer program wrote the file
 */
export async function openSqliteLedger(options: {
  path: string;
  /** Epoch milliseconds; tests inject it. */
  now?: () => number;
}): Promise<Ledger> {
  const { path } = options;
  const clock = options.now ?? Date.now;
  const now = (): number => Math.round(clock());
  await makeFolder(dirname(path));
  for (;;) {
    const before = inodeOf(path);
    const database = await openDatabase(path);
    try {
      await migrate(database, path);
      const mark = await readMark(path);
      const provenance = await database.transaction(() =>
        checkProvenance(database, { path, mark, now: now() }),
      );
      // If not, the file was replaced meanwhile, as by `shotlist restore`: open it again.
      if (before === undefined || before === inodeOf(path))
        return await opened({ database, path, now, provenance });
    } catch (error) {
      database.close();
      throw error;
    }
    database.close();
  }
}

async function opened(from: {
  database: Database;
  path: string;
  now: () => number;
  provenance: Provenance;
}): Promise<Ledger> {
  const { database, path, now, provenance } = from;
  const { id, found, copyOf } = provenance;
  const commits = new GroupCommit(database);
  const context = { database, commits, now };
  const mark = new MarkKeeper({ path, database });
  await mark.write();
  return {
    id,
    batches: createBatchLedger(context),
    plans: createPlanLedger(context),
    keys: createKeyLedger(context),
    claims: marked(createClaimLedger(context), mark),
    submissions: createSubmissionLedger(context),
    remotes: createRemoteLedger(context),
    learned: createLearnedLedger(context),
    reports: createReportLedger(context),
    gaps: createGapLedger(context, { found, copyOf }),
    close: async () => {
      await commits.flush();
      await mark.write();
      database.close();
    },
  };
}

/** Reports each grant to the mark. */
function marked(claims: ClaimLedger, mark: MarkKeeper): ClaimLedger {
  const noted = async (asked: Promise<ClaimAnswer>): Promise<ClaimAnswer> => {
    const answer = await asked;
    if (answer.granted.length > 0) await mark.claimed();
    return answer;
  };
  return {
    ...claims,
    claim: (range, options) => noted(claims.claim(range, options)),
    claimTraining: (training, options) => noted(claims.claimTraining(training, options)),
  };
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}
