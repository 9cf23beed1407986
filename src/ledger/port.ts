import type { BatchLedger } from './port/batches.ts';
import type { ClaimLedger } from './port/claims.ts';
import type { GapLedger } from './port/gaps.ts';
import type { KeyLedger } from './port/keys.ts';
import type { LearnedLedger } from './port/learned.ts';
import type { PlanLedger } from './port/plans.ts';
import type { RemoteLedger } from './port/remotes.ts';
import type { ReportLedger } from './port/reports.ts';
import type { SubmissionLedger } from './port/submissions.ts';

/**
 * The only way to spend money. Every state change is compare-and-set and is committed (fsync)
 * before its promise resolves. A boolean answer says whether the row was in an expected state.
 * Times are epoch milliseconds; amounts are integers in the smallest part of the unit.
 */
export interface Ledger {
  /** Random, created with the database; a copy gets a new one. Workers refuse work for another id. */
  readonly id: string;
  readonly batches: BatchLedger;
  readonly plans: PlanLedger;
  readonly keys: KeyLedger;
  readonly claims: ClaimLedger;
  readonly submissions: SubmissionLedger;
  readonly remotes: RemoteLedger;
  readonly learned: LearnedLedger;
  readonly reports: ReportLedger;
  readonly gaps: GapLedger;
  close(): Promise<void>;
}

export type * from './port/batches.ts';
export type * from './port/claims.ts';
export type * from './port/gaps.ts';
export type * from './port/keys.ts';
export type * from './port/learned.ts';
export type * from './port/plans.ts';
export type * from './port/remotes.ts';
export type * from './port/reports.ts';
export type * from './port/states.ts';
export type * from './port/submissions.ts';
