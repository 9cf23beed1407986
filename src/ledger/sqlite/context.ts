import type { Database } from './database.ts';
import type { GroupCommit } from './group-commit.ts';

/** The dependencies of every part of the ledger. */
export interface Context {
  readonly database: Database;
  readonly commits: GroupCommit;
  /** Epoch milliseconds, whole. */
  readonly now: () => number;
}
