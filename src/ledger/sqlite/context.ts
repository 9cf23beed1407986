import type { Database } from './database.ts';
import type { GroupCommit } from './group-commit.ts';

/** What every part of the ledger works with. */
export interface Context {
  readonly database: Database;
  readonly commits: GroupCommit;
  /** Epoch milliseconds, whole. */
  readonly now: () => number;
}
