import { dirname } from 'node:path';
import { makeFolder } from '../../storage/durable-folder.ts';
import type { Ledger } from '../port.ts';
import { createBatchLedger } from './batches.ts';
import { createClaimLedger } from './claims/claims.ts';
import { openDatabase } from './database.ts';
import { GroupCommit } from './group-commit.ts';
import { createLearnedLedger } from './learned.ts';
import { createPlanLedger } from './plans/plans.ts';
import { createRemoteLedger } from './remotes/remotes.ts';
import { createReportLedger } from './reports/reports.ts';
import { migrate } from './schema.ts';
import { createSubmissionLedger } from './submissions/submissions.ts';

/**
 * Opens the ledger in a file, making it when there is none. Any number of processes of one machine may
 * have it open at once.
 * @throws UserError when a newer program wrote the file
 */
export async function openSqliteLedger(options: {
  path: string;
  /** Epoch milliseconds; tests inject it. */
  now?: () => number;
}): Promise<Ledger> {
  await makeFolder(dirname(options.path));
  const database = await openDatabase(options.path);
  try {
    const id = await migrate(database, options.path);
    const commits = new GroupCommit(database);
    const clock = options.now ?? Date.now;
    const context = { database, commits, now: () => Math.round(clock()) };
    return {
      id,
      batches: createBatchLedger(context),
      plans: createPlanLedger(context),
      claims: createClaimLedger(context),
      submissions: createSubmissionLedger(context),
      remotes: createRemoteLedger(context),
      learned: createLearnedLedger(context),
      reports: createReportLedger(context),
      close: async () => {
        await commits.flush();
        database.close();
      },
    };
  } catch (error) {
    database.close();
    throw error;
  }
}
