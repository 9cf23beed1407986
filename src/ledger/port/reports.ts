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
  /** What the job of its submission was billed; null: not told, or no job. */
  readonly billed: Amount | null;
  readonly state: ShotState;
  readonly why: string | null;
  readonly tries: number;
  readonly origin: string;
  readonly submission: string | null;
  readonly submissionState: SubmissionState | null;
  /** True when its output was paid by another run, batch or shot. */
  readonly cached: boolean;
  /** Files that were ordered and never came, of a job that succeeded. */
  readonly undelivered: number;
  readonly outputs: readonly OutputRow[];
}
export interface OutputRow {
  readonly index: number;
  /** The vendor's id of the file, where it has one. */
  readonly remote: Json;
  readonly state: 'ready' | 'saved' | 'lost';
  readonly sha256: string | null;
  readonly bytes: number | null;
  readonly mime: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly savedAt: number | null;
  readonly why: string | null;
  /** Why a saved file is not a whole one; null: it is. */
  readonly damaged: string | null;
}
/** A file of a batch that needs a look: it is here and damaged, or paid for and not to be had yet. */
export interface FileNote {
  /** Of the shot that shows it or waits for it. */
  readonly key: string;
  readonly index: number;
  readonly state: 'damaged' | 'unfetched';
  readonly why: string;
  /** How often it was tried. */
  readonly tries: number;
  /** When it is tried next, epoch milliseconds; of a damaged one, null. */
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
  /** What the job's own answer said that it cost. */
  readonly billed: Amount | null;
  /** What the vendor's list of jobs said. */
  readonly listed: Amount | null;
  readonly claimedAt: number;
  readonly submittedAt: number | null;
  readonly endedAt: number | null;
  readonly why: string | null;
  /** How many refusals in a row, each of a request of its own, this one stands for; `endedAt` is the last one's. */
  readonly refusals: number;
  /** Its job id came when it was taken for settled. */
  readonly duplicate: boolean;
  /** How its ambiguous fate was decided, by a person or by `onAmbiguous: resubmit`; null: it was not. */
  readonly resolution: 'job' | 'again' | 'skip' | 'resubmit' | null;
  /** What became of a refund that the vendor promised; null: none was. */
  readonly refund: 'owed' | 'back' | 'kept' | null;
  /** Files that were ordered and never came, of a job that succeeded. */
  readonly undelivered: number;
  readonly outputs: readonly Pick<OutputRow, 'index' | 'state' | 'sha256' | 'why' | 'damaged'>[];
}
/** What an account's balance was when a run of a batch began, or ended. */
export interface BalanceRow {
  readonly account: string;
  readonly run: number;
  readonly moment: 'start' | 'end';
  readonly amount: Amount;
  readonly at: number;
}
/** What one run of a batch cost an account. */
export interface AccountUse {
  readonly batch: string;
  readonly run: number;
  readonly amount: Amount;
}
/** Paid for, or surely to be paid, and not on disk yet. */
export interface Uncollected {
  readonly batch: string;
  readonly account: string;
  readonly unit: Unit;
  /** Jobs that may still run. */
  readonly jobs: number;
  /** Files that are made. */
  readonly files: number;
  readonly amount: Amount;
}
/** A request that a person must decide on. */
export interface UnresolvedRow extends SubmissionRow {
  /** Who pays for it; `key` is the shot's in the batch that was asked for, where one of it waits. */
  readonly batch: string;
  readonly fingerprint: string;
  /** Null for a training. */
  readonly request: ShotRequest | null;
  /** When its answer could not come any more; of a gap, its end. */
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
  /** Promised back by the vendor, and part of `spent` until it is there. */
  readonly promised: Amount;
  /** Spent on jobs whose files the vendor lost. */
  readonly lost: Amount;
  /** Ambiguous, parked and stalled. */
  readonly ambiguous: Amount;
  /** Sent again or skipped without an answer: part of `spent`, and nobody knows whether it was charged. */
  readonly unproven: Amount;
  /** The batch's cap, and the standing one. */
  readonly cap: Amount | null;
}
/** What an account has paid over all batches. */
export interface AccountTotals {
  readonly account: string;
  readonly unit: Unit;
  /** Claimed, submitted, or of an ambiguous fate. */
  readonly reserved: Amount;
  readonly spent: Amount;
  /** The standing budget, and what this period has used of it, reserved amounts included. */
  readonly budget: {
    readonly cap: Amount;
    readonly period: 'day' | 'month' | 'ever';
    readonly used: Amount;
  } | null;
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
  /** Of the outputs, those that are damaged. */
  readonly damaged: number;
}
export interface RaisedPrice {
  readonly account: string;
  readonly model: string;
  readonly unit: Unit;
  /** The lowest price that such a request was planned at. */
  readonly planned: Amount;
  /** The highest that it was billed. */
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
  }[];
  /** Why lanes last stopped, newest first, distinct. */
  readonly stops: readonly StopReason[];
  /** Models of the last run that their vendor billed above their price. */
  readonly raisedPrices: readonly RaisedPrice[];
  /** Trainings of the batch of which nobody knows whether they were paid for: a person must decide. */
  readonly undecidedTrainings: number;
  /** Whether every open shot is in a lane that has stopped for a reason that does not end by itself. */
  readonly isStopped: boolean;
}
/** What a batch waits for at one account, and nobody need do anything about. */
export interface Wait {
  /**
   * `answer`: requests without a usable answer, whose jobs are looked for. `job`, `training`: the vendor is at
   * work. `file`: made, tried, and not to be had yet. `refund`: promised for failed jobs, while shots are open.
   */
  readonly kind: 'answer' | 'job' | 'training' | 'file' | 'refund';
  readonly account: string;
  readonly count: number;
  /** The first of them: when it was sent, or its job began; of a file and a refund, when its job ended. */
  readonly since: number;
  /**
   * Of an answer, when the last of these requests was over; of a job, when the last is given up; of a
   * training, when the last began; of a file, when the next is tried; of a refund, when money that is short
   * is not waited for any longer.
   */
  readonly last: number;
  /** What was said of one of them. */
  readonly why: string | null;
}
export interface ReportLedger {
  status(batch: string): Promise<BatchStatus | undefined>;
  /** What the batch waits for, by account. */
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
  /** All submissions that batch paid for, oldest first. */
  submissions(batch: string): AsyncIterable<SubmissionRow>;
  /**
   * Saved files that the batch paid for and that none of its shots shows any more, as the retired shots that
   * they were: of shots that changed, left, or were made again.
   */
  unshown(batch: string): AsyncIterable<ShotRow>;
  /** Damaged files, and those that could not be had so far, by key; at most a thousand. */
  fileNotes(batch: string): Promise<readonly FileNote[]>;
  /** By batch and account; of one batch, or of all. */
  uncollected(batch?: string): Promise<readonly Uncollected[]>;
  balances(batch: string): Promise<readonly BalanceRow[]>;
  /** What requests that were claimed between two times cost the account, reserved amounts included. */
  accountUse(account: string, from: number, to: number): Promise<readonly AccountUse[]>;
  /** Shots whose state or outputs changed after the cursor (an opaque, growing number), for live views; after `now` there are none, just the cursor. */
  changes(
    batch: string,
    after: number | 'now',
    limit: number,
  ): Promise<{ cursor: number; shots: readonly ShotRow[] }>;
  /** Every sha-256 that was ever saved for this shot's file, so that only our own files are replaced. */
  knownFiles(batch: string, key: string): Promise<readonly string[]>;
}
