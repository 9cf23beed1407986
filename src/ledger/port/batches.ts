import type { Amount, Unit } from '../../money.ts';
import type { BalanceRow } from './reports.ts';
import type { BatchState, Range, StopReason } from './states.ts';

export interface AccountSettings {
  /** `accountKey`: name plus the base URL's origin. */
  readonly account: string;
  readonly provider: string;
  readonly unit: Unit;
  readonly perMinute: number | undefined;
  readonly inFlight: number;
  /** Standing cap over all batches. */
  readonly budget: { amount: Amount; period: 'day' | 'month' | 'ever' } | undefined;
}

/** `claim`'s policy, kept with the batch. */
export interface BatchPolicy {
  readonly retries: number;
  readonly paidRetries: number;
  /** Failed shots beyond which nothing more is submitted; null: no limit. Percentages are resolved at acceptance. */
  readonly maxFailures: number | null;
  readonly onAmbiguous: 'park' | 'resubmit';
}

export interface AcceptedRun {
  readonly batch: string;
  /** sha-256 of the frozen batch's manifest blob. */
  readonly frozen: string;
  /** The batch file, relative to the project folder or absolute; two files may not share a batch name. */
  readonly ownerPath: string;
  readonly policy: BatchPolicy;
  /** The file's `budget`. */
  readonly budget: readonly { account: string; unit: Unit; cap: Amount }[];
  /** What the person accepted, per account, new shots and paid retries together; itself a cap. */
  readonly accepted: readonly { account: string; unit: Unit; cap: Amount }[];
  /** Shots whose price nobody knows may run. */
  readonly unknownPrices: boolean;
  /** Every step in file order. */
  readonly steps: readonly { name: string; from: readonly string[]; pick: 'all' | 'approved' }[];
}

export interface BatchRow {
  readonly batch: string;
  readonly run: number;
  readonly state: BatchState;
  readonly frozen: string;
  readonly ownerPath: string;
  readonly policy: BatchPolicy;
  /** As the last run accepted it. */
  readonly unknownPrices: boolean;
  readonly steps: AcceptedRun['steps'];
  readonly startedAt: number;
  readonly endedAt: number | null;
}

export interface BatchLedger {
  /** Registers or updates accounts; idempotent, at every start. */
  putAccounts(accounts: readonly AccountSettings[]): Promise<void>;
  /** Starts a new run (the next number) and sets the batch running; clears the account blocks a person ends (noFunds, badKey, forbidden, unreachable). @throws UserError when another file owns the name */
  startRun(run: AcceptedRun): Promise<BatchRow>;
  get(batch: string): Promise<BatchRow | undefined>;
  /** Gives a batch's name to another file; false when `from` does not own it. */
  passOn(batch: string, from: string, to: string): Promise<boolean>;
  /** Compare-and-set; `pause` from running, `resume` from paused (also ends the batch's blocks), `cancel` from running or paused. */
  setState(batch: string, to: BatchState, from: readonly BatchState[]): Promise<boolean>;
  /** Why a lane, or a training under its `trainingLane`, does not go on. */
  noteStop(at: Pick<Range, 'batch' | 'run' | 'lane'>, reason: StopReason): Promise<void>;
  /** It went on at that time: what was noted before is over. */
  clearStop(batch: string, lane: string, until: number): Promise<void>;
  /** Keeps an account's balance for the receipt: the first that is told at each moment of a run. */
  noteBalance(batch: string, balance: Omit<BalanceRow, 'at'>): Promise<void>;
  /** Ends blocks on the accounts of a batch that a person may end. */
  clearBlocks(batch: string): Promise<void>;
  setBudget(batch: string, account: string, unit: Unit, cap: Amount): Promise<void>;
  finishRun(batch: string, run: number, outcome: string): Promise<void>;
  list(): Promise<readonly BatchRow[]>;
}
