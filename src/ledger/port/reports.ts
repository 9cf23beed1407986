import type { ShotRequest } from '../../batch/request.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { Amount, Price, Unit } from '../../money.ts';
import type { BlockReason, ShotState, StopReason, SubmissionState } from './states.ts';
import type { BatchRow } from './batches.ts';

export interface ShotRow {
  readonly key: string;
  readonly step: string;
  readonly name: string;
  readonly ordinal: number;
  readonly take: number;
  readonly account: string;
  readonly fingerprint: string;
  readonly request: ShotRequest;
  readonly price: Price;
  /** Bill of the job of its submission; null: not reported, or no job. */
  readonly billed: Amount | null;
  readonly state: ShotState;
  readonly why: string | null;
  readonly tries: number;
  readonly origin: string;
  readonly submission: string | null;
  readonly submissionState: SubmissionState | null;
  /** True when another run, batch or shot paid for its output. */
  readonly cached: boolean;
  /** Files that were ordered and never came, of a job that succeeded. */
  readonly undelivered: number;
  readonly outputs: readonly OutputRow[];
}
export interface OutputRow {
  readonly index: number;
  /** Id of the file at the vendor, where it has one. */
  readonly remote: Json;
  readonly state: 'ready' | 'saved' | 'lost';
  readonly sha256: string | null;
  readonly bytes: number | null;
  readonly mime: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly savedAt: number | null;
  readonly why: string | null;
  /** Why a saved file is damaged; null: it is not. */
  readonly damaged: string | null;
}
/** A file of a batch that needs attention: saved and damaged, or paid for and not fetched yet. */
export interface FileNote {
  /** Key of the shot that shows it or waits for it, else of the shot that paid for it. */
  readonly key: string;
  readonly index: number;
  readonly state: 'damaged' | 'unfetched';
  readonly why: string;
  /** Number of tries. */
  readonly tries: number;
  /** Time of the next try, epoch milliseconds; null for a damaged file. */
  readonly nextAt: number | null;
}
export interface SubmissionRow {
  readonly submission: string;
  readonly operation: 'generate' | 'train';
  readonly key: string;
  readonly attempt: number;
  readonly account: string;
  readonly state: SubmissionState;
  readonly jobId: string | null;
  readonly job: JsonObject | null;
  readonly price: Price;
  readonly reserved: Amount;
  readonly spent: Amount;
  /** Cost by the job's own answer. */
  readonly billed: Amount | null;
  /** Cost by the vendor's list of jobs. */
  readonly listed: Amount | null;
  readonly claimedAt: number;
  readonly submittedAt: number | null;
  readonly endedAt: number | null;
  readonly why: string | null;
  /**
   * Number of refusals in a row, each of its own request, that this row stands for; `endedAt` is
   * the last one's.
   */
  readonly refusals: number;
  /** Its job id came after it was settled otherwise. */
  readonly duplicate: boolean;
  /** Decision on its ambiguous outcome, by a person or by `onAmbiguous: resubmit`; null: none. */
  readonly resolution: 'job' | 'again' | 'skip' | 'resubmit' | null;
  /** State of a refund that the vendor promised; null: none was promised. */
  readonly refund: 'owed' | 'back' | 'kept' | null;
  /** Files that were ordered and never came, of a job that succeeded. */
  readonly undelivered: number;
  readonly outputs: readonly Pick<OutputRow, 'index' | 'state' | 'sha256' | 'why' | 'damaged'>[];
}
/** Balance of an account at the start or end of a run of a batch. */
export interface BalanceRow {
  readonly account: string;
  readonly run: number;
  readonly moment: 'start' | 'end';
  readonly amount: Amount;
  readonly at: number;
}
/** Cost of one run of a batch at an account. */
export interface AccountUse {
  readonly batch: string;
  readonly run: number;
  readonly amount: Amount;
}
/** Work that is paid for or under way, with files not on disk yet. */
export interface Uncollected {
  readonly batch: string;
  readonly account: string;
  readonly unit: Unit;
  /** Jobs that may still run. */
  readonly jobs: number;
  /** Files that are ready to fetch. */
  readonly files: number;
  readonly amount: Amount;
}
/** A request that a person must decide on. */
export interface UnresolvedRow extends SubmissionRow {
  /** The batch that pays. `key` is that of a waiting shot in the requested batch, where there is one. */
  readonly batch: string;
  readonly fingerprint: string;
  /** Null for a training. */
  readonly request: ShotRequest | null;
  /** Latest time for its answer; for a gap, the end of the gap. */
  readonly deadlineAt: number;
  /** It was never claimed here: it may have been sent in a gap of the ledger, or not at all. */
  readonly isOfGap: boolean;
}
export interface AccountMoney {
  readonly account: string;
  readonly unit: Unit;
  /** Accepted with the last run's plan. */
  readonly planned: Amount;
  /** Claimed and submitted. */
  readonly reserved: Amount;
  readonly spent: Amount;
  readonly refunded: Amount;
  /** Refunds that the vendor promised; part of `spent` until they arrive. */
  readonly promised: Amount;
  /** Spent on jobs whose files the vendor lost. */
  readonly lost: Amount;
  /** Reserved for ambiguous, parked and stalled submissions. */
  readonly ambiguous: Amount;
  /** Sent again or skipped without an answer; part of `spent`, though a charge is not proven. */
  readonly unproven: Amount;
  /** The lowest one of the cap of the batch and the standing budgets in force. */
  readonly cap: Amount | null;
}
/** Sums of an account over all batches. */
export interface AccountTotals {
  readonly account: string;
  readonly unit: Unit;
  /** Claimed, submitted, ambiguous, parked or stalled. */
  readonly reserved: Amount;
  readonly spent: Amount;
  /** Reserved and spent in this period, by UTC. */
  readonly used: Readonly<Record<'day' | 'month' | 'ever', Amount>>;
}
export interface StepCounts {
  readonly step: string;
  readonly total: number;
  readonly succeeded: number;
  readonly cached: number;
  readonly failed: number;
  readonly parked: number;
  readonly running: number;
  readonly waiting: number;
  /** Shots with fewer files than were ordered; part of `succeeded` and `cached`. */
  readonly partial: number;
  readonly outputs: number;
  /** Damaged outputs. */
  readonly damaged: number;
}
export interface RaisedPrice {
  readonly account: string;
  readonly model: string;
  readonly unit: Unit;
  /** Lowest planned price of such a request. */
  readonly planned: Amount;
  /** Highest bill of such a request. */
  readonly billed: Amount;
}
export interface BatchStatus {
  readonly row: BatchRow;
  readonly steps: readonly StepCounts[];
  readonly accounts: readonly AccountMoney[];
  readonly blocks: readonly {
    account: string;
    model: string | null;
    reason: BlockReason;
    until: number | null;
    /** Last failure of an outage and time of the first one; null: unknown, or no outage. */
    why: string | null;
    since: number | null;
  }[];
  /** Why lanes last stopped, newest first, distinct. */
  readonly stops: readonly StopReason[];
  /** Models of the last run with bills above their price. */
  readonly raisedPrices: readonly RaisedPrice[];
  /** Parked trainings of the batch: a person must decide whether they were paid for. */
  readonly undecidedTrainings: number;
  /**
   * Steps of a paused or cancelled batch whose shots are not all planned, so that no count shows
   * them. `files`: saved files of earlier steps without a shot of the step.
   */
  readonly unmade: readonly { readonly step: string; readonly files: number }[];
  /** Whether every open shot is in a lane that has stopped for a reason that does not end by itself. */
  readonly isStopped: boolean;
}
/** Work at one account that a batch waits for, with no action needed. */
export interface Wait {
  /**
   * `answer`: requests without a usable answer, whose jobs are looked for. `job`, `training`: the
   * vendor is at work. `file`: made, tried and not available yet. `refund`: promised for failed
   * jobs, while shots are open.
   */
  readonly kind: 'answer' | 'job' | 'training' | 'file' | 'refund';
  readonly account: string;
  readonly count: number;
  /** When the first of them was sent or its job began; for a file or a refund, when its job ended. */
  readonly since: number;
  /**
   * `answer`: when the last of these requests was over, or the end of a later block. `job`: when
   * the last is given up. `training`: when the last began. `file`: when the next is tried.
   * `refund`: when the wait for it ends, where money is short.
   */
  readonly last: number;
  /** The reason reported for one of them. */
  readonly why: string | null;
}
export interface ReportLedger {
  status(batch: string): Promise<BatchStatus | undefined>;
  /** Waits of the batch, by account. */
  waits(batch: string): Promise<readonly Wait[]>;
  /** Every account that was ever registered. */
  accounts(): Promise<readonly AccountTotals[]>;
  /** In plan order; streams at any batch size. Retired shots come only when asked for. */
  shots(
    batch: string,
    options?: {
      retired?: boolean;
      states?: readonly ShotState[];
      step?: string;
      account?: string;
      /** Only those with fewer files than were ordered. */
      partial?: boolean;
    },
  ): AsyncIterable<ShotRow>;
  shot(batch: string, key: string): Promise<ShotRow | undefined>;
  /** Parked and stalled generations, and parked trainings, that the batch paid for or waits for, oldest first. */
  unresolved(batch: string): Promise<readonly UnresolvedRow[]>;
  /** All submissions that the batch paid for, oldest first. */
  submissions(batch: string): AsyncIterable<SubmissionRow>;
  /**
   * Saved files that the batch paid for and that none of its shots shows any more. They come as
   * retired shots: their shots changed, left, or were made again.
   */
  unshown(batch: string): AsyncIterable<ShotRow>;
  /** Damaged files and files not fetched so far, by key; at most a thousand. */
  fileNotes(batch: string): Promise<readonly FileNote[]>;
  /** Uncollected work by batch and account; of one batch, or of all. */
  uncollected(batch?: string): Promise<readonly Uncollected[]>;
  balances(batch: string): Promise<readonly BalanceRow[]>;
  /** Cost at the account of requests claimed between two times, reserved amounts included. */
  accountUse(account: string, from: number, to: number): Promise<readonly AccountUse[]>;
  /**
   * Shots whose state or outputs changed after the cursor, for live views. The cursor is an opaque,
   * growing number. After `now` there are no shots, only the cursor.
   */
  changes(
    batch: string,
    after: number | 'now',
    limit: number,
  ): Promise<{ cursor: number; shots: readonly ShotRow[] }>;
  /** Every sha-256 ever saved for the file of this shot, so that only our own files are replaced. */
  knownFiles(batch: string, key: string): Promise<readonly string[]>;
}
