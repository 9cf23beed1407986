import type { Amount, Unit } from '../../money.ts';
import type { BalanceRow } from './reports.ts';
import type { BatchState, Range, StopReason } from './states.ts';

export interface KnownAccount {
  /** `accountKey`: name plus the base URL's origin. */
  readonly account: string;
  readonly provider: string;
  readonly unit: Unit;
}

/** Limits and budget of an account, as one project sets them. */
export interface AccountSettings extends KnownAccount {
  /** See `AcceptedRun.project`. */
  readonly project: string;
  readonly perMinute: number | undefined;
  readonly inFlight: number;
  /** Standing cap over all batches. */
  readonly budget: { amount: Amount; period: 'day' | 'month' | 'ever' } | undefined;
}

/** Policy for claims and retries, saved with the batch. */
export interface BatchPolicy {
  readonly retries: number;
  readonly paidRetries: number;
  /**
   * Maximum number of failed shots; above it nothing more is submitted. Null: no limit. Percentages
   * are resolved at acceptance.
   */
  readonly maxFailures: number | null;
  readonly onAmbiguous: 'park' | 'resubmit';
}

export interface AcceptedRun {
  readonly batch: string;
  /** sha-256 of the frozen batch's manifest blob. */
  readonly frozen: string;
  /** The batch file, relative to the project folder or absolute; two files may not share a batch name. */
  readonly ownerPath: string;
  /** Project of the batch: empty if the ledger is its own, otherwise the folder's real path. */
  readonly project: string;
  readonly policy: BatchPolicy;
  /** The file's `budget`. */
  readonly budget: readonly { account: string; unit: Unit; cap: Amount }[];
  /** The accepted plan per account, new shots and paid retries together; itself a cap. */
  readonly accepted: readonly { account: string; unit: Unit; cap: Amount }[];
  /** Keys of all accounts that the accepted plan has shots at, cached ones too. */
  readonly accounts: readonly string[];
  /** Shots without a known price may run. */
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
  /** See `AcceptedRun.project`. */
  readonly project: string;
  readonly policy: BatchPolicy;
  /** As accepted with the last run. */
  readonly unknownPrices: boolean;
  readonly steps: AcceptedRun['steps'];
  readonly startedAt: number;
  readonly endedAt: number | null;
}

export interface BatchLedger {
  /** Registers accounts that the ledger does not know. Known ones stay as they are. */
  addAccounts(accounts: readonly KnownAccount[]): Promise<void>;
  /**
   * Sets what a project allows its accounts, when the project starts paid work or serves it. In
   * force are the strictest limits, and every budget, of the projects that have unfinished batches.
   */
  putAccounts(accounts: readonly AccountSettings[]): Promise<void>;
  /**
   * Starts a new run (the next number) and sets the batch running. Ends the account blocks that a
   * person ends: noFunds, badKey, forbidden, unreachable.
   * @throws UserError when another file owns the name
   */
  startRun(run: AcceptedRun): Promise<BatchRow>;
  get(batch: string): Promise<BatchRow | undefined>;
  /** Sets the project of a batch, whose limits then count for it. */
  setProject(batch: string, project: string): Promise<void>;
  /** Gives the name of a batch to another file; false when `from` does not own it. */
  passOn(
    batch: string,
    from: string,
    to: Pick<AcceptedRun, 'ownerPath' | 'project'>,
  ): Promise<boolean>;
  /**
   * Compare-and-set. `pause` is from running, `resume` from paused, `cancel` from running or
   * paused. `resume` also ends the batch's blocks.
   */
  setState(batch: string, to: BatchState, from: readonly BatchState[]): Promise<boolean>;
  /** Records why a lane, or a training under its `trainingLane`, stopped in the present run. */
  noteStop(at: Pick<Range, 'batch' | 'run' | 'lane'>, reason: StopReason): Promise<void>;
  /** The account's key is accepted: deletes the stops of lanes that waited for that. */
  clearKeyStops(batch: string, account: string): Promise<void>;
  /** The lane went on at `until`: deletes the stops recorded before that time. */
  clearStop(batch: string, lane: string, until: number): Promise<void>;
  /** Saves an account's balance for the receipt; the first report per moment of a run counts. */
  noteBalance(batch: string, balance: Omit<BalanceRow, 'at'>): Promise<void>;
  /** Ends the blocks on the accounts of a batch that a person may end. */
  clearBlocks(batch: string): Promise<void>;
  setBudget(batch: string, account: string, unit: Unit, cap: Amount): Promise<void>;
  finishRun(batch: string, run: number, outcome: string): Promise<void>;
  list(): Promise<readonly BatchRow[]>;
}
