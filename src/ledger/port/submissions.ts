import type { MediaKind } from '../../batch/model-spec.ts';
import type { ShotRequest } from '../../batch/request.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { Amount } from '../../money.ts';
import type { BlockReason, Range } from './states.ts';

/**
 * Work that is due in a range, for the worker that runs the range. Handing out a poll moves its
 * `next_poll_at` by `leaseMs`.
 */
export interface Due {
  readonly polls: readonly {
    submission: string;
    job: JsonObject;
    jobId: string;
    model: string;
    operation: 'generate' | 'train';
    submittedAt: number;
    polls: number;
    /** End of its time limit: epoch milliseconds of a wall clock that may have jumped since. */
    giveUpAt: number;
    /** Number of ordered files. */
    ordered: number;
  }[];
  readonly downloads: readonly {
    submission: string;
    index: number;
    remote: Json;
    url: string | null;
    expiresAt: number | null;
    job: JsonObject;
    tries: number;
    /** Kind of media that the model of its shot makes; null: no shot waits for it. */
    makes: MediaKind | null;
  }[];
  readonly ambiguous: readonly {
    submission: string;
    request: ShotRequest;
    claimedAt: number;
    /** Its first byte left before this time; earlier than `claimedAt` when the clock was set back since. */
    sendBy: number;
    deadlineAt: number;
    /** When the sender saw the request end; null: it did not, and the request is over by `deadlineAt`. */
    overAt: number | null;
    /** The gap in which it may have been sent; null: it was granted by a claim. */
    gap: number | null;
    /** Why there is no usable answer. */
    why: string;
  }[];
  /** Time until more work is due; null: nothing is pending in the range. */
  readonly nextInMs: number | null;
  /** Jobs of the account that are being polled, by any worker. */
  readonly live: number;
  /** A file of the batch at this account has waited for half the life of its link without a try. */
  readonly late: boolean;
  /** Open and bound shots of the range; for orphaned work, `bound` counts the submissions. */
  readonly open: number;
  readonly bound: number;
}

/** Submissions. A transition also moves the money and the bound shots, in the same transaction. */
export interface SubmissionLedger {
  /**
   * Moves claims past their deadline to ambiguous, then returns work that is due. That is at most
   * `limit` polls and at most `downloads` files (default `limit`), those first whose links end
   * first. Orphaned work of the batch at this account is included. `taken` lists orphaned work from
   * earlier answers that the caller keeps.
   */
  due(
    range: Range,
    options: {
      leaseMs: number;
      limit: number;
      downloads?: number;
      /** Delay between the deadline and the lookup of a request whose end was not seen. */
      settleMs: number;
      /** Delay between the end and the lookup of a request whose end was seen; default `settleMs`. */
      overMs?: number;
      taken?: readonly string[];
    },
  ): Promise<Due>;
  /** Requests of the account without a job on record, and gaps, within `marginMs` of this request. */
  competing(submission: string, marginMs: number): Promise<readonly CompetingSubmission[]>;
  /** Jobs with ids on record, nearest in time: within an hour, or within a day of a gap; at most 48. */
  knownJobs(submission: string): Promise<readonly KnownJob[]>;
  /**
   * Whether later requests are still to be sent or undecided. Their jobs will show how far the list
   * of jobs reaches.
   */
  hasLater(submission: string): Promise<boolean>;
  /**
   * End of the latest block of the account, also when it is past: after a refusal, an outage, or
   * for a person. Epoch milliseconds; null: never blocked.
   */
  blockedUntil(account: string): Promise<number | null>;
  /**
   * Whether another shot that may have been sent in the same gap has the same prompt, or the same
   * source, but other settings. The report of a job may not distinguish the two. A shot that has
   * left its batch is not seen.
   */
  hasLikeness(submission: string): Promise<boolean>;
  /** Accounts with orphaned work of the batch, stalled jobs and parked requests included. */
  accountsWithOrphans(batch: string): Promise<readonly string[]>;
  /** Stalled jobs that the batch paid for or waits for; they may have ended since. */
  stalledJobs(
    batch: string,
    account: string,
  ): Promise<readonly { submission: string; job: JsonObject }[]>;
  /**
   * Parked requests without a job that shots of the batch wait for; later jobs may settle them.
   * Those of gaps are left out.
   */
  parkedWithoutJob(batch: string, account: string): Promise<Due['ambiguous']>;
  /** Records the costs in the vendor's own list of jobs, beside the ledger's sums. */
  noteListed(
    account: string,
    jobs: readonly { readonly jobId: string; readonly billed: Amount }[],
  ): Promise<void>;
  /**
   * Records the job of the answer. `billed`: its cost by that answer. False also when another
   * submission has the job: then this one is parked for a person.
   */
  submitted(
    submission: string,
    job: JsonObject,
    jobId: string,
    times: { nextPollInMs: number; giveUpInMs: number; billed?: Amount | null },
  ): Promise<boolean>;
  /**
   * The sender reports that no job was made. It counts also for an ambiguous or parked request.
   * `fail`: the shot fails. `reopen`: the shot is open again and no try is counted. A refusal right
   * after an equal one of the same shot in the same run only raises the count of that one. `renew`:
   * open again because a file that the request names is gone; the second time in one run the shot
   * fails.
   */
  rejected(submission: string, why: string, effect: 'fail' | 'reopen' | 'renew'): Promise<boolean>;
  /**
   * The sender saw the request end without a usable answer. `mayStillRun`: the sender gave up
   * waiting, so the request counts as over only at its deadline.
   */
  ambiguous(
    submission: string,
    why: string,
    end?: { readonly mayStillRun: boolean },
  ): Promise<boolean>;
  /** Records the one job that fits. False also when another submission has that job. */
  adopt(
    submission: string,
    job: JsonObject,
    jobId: string,
    times: { nextPollInMs: number; giveUpInMs: number },
  ): Promise<boolean>;
  /**
   * Proven after the settle time: no job was made. The request is rejected, its money is released,
   * and its shot is open with no try counted. The third time in one run the shot fails. `keyHash`:
   * of the key that read the list. False also when the account has not accepted that key.
   */
  absent(submission: string, keyHash: string): Promise<boolean>;
  /** Parks the request, or with `onAmbiguous: resubmit` counts a paid retry. */
  park(submission: string, why: string): Promise<boolean>;
  /**
   * A person's decision on a parked or stalled submission. `again` and `skip` count its price as
   * spent, since the vendor may have charged it. Returns the batches whose shots it moved;
   * undefined: it is in another state, or another submission has the job.
   */
  resolve(submission: string, resolution: Resolution): Promise<readonly string[] | undefined>;
  pollAgain(submission: string, inMs: number, why?: string): Promise<boolean>;
  /**
   * `billed` null: the reserved amount. `job`: the job of that answer; nothing is recorded when the
   * submission has another by now. A training that is ready or failed has no outputs. A generation
   * without outputs has failed, and the vendor keeps the money. With fewer outputs than ordered,
   * the rest counts as undelivered. A submission that failed before is taken up again, beside the
   * one that was sent since.
   */
  succeeded(
    submission: string,
    result: {
      outputs: readonly { remote: Json; url: string | null; expiresAt: number | null }[];
      /** Entries of the answer that name no file; only for the reason. */
      unreadable?: number;
      billed: Amount | null;
      job?: JsonObject;
    },
  ): Promise<boolean>;
  /** `job` as for `succeeded`. */
  failed(
    submission: string,
    result: {
      reason: string;
      refunded: boolean | 'promised' | null;
      billed: Amount | null;
      job?: JsonObject;
    },
  ): Promise<boolean>;
  /** `job` as for `succeeded`. */
  stalled(submission: string, why: string, job?: JsonObject): Promise<boolean>;
  /** `job` as for `succeeded`: a file of an earlier job of the submission is not saved. */
  saveOutput(
    submission: string,
    index: number,
    file: SavedFile,
    job?: JsonObject,
  ): Promise<boolean>;
  /** Replaces the expired URL of an output. */
  renewOutput(
    submission: string,
    index: number,
    url: string | null,
    expiresAt: number | null,
  ): Promise<boolean>;
  /** Schedules the next try to fetch the file. */
  delayOutput(submission: string, index: number, inMs: number, why: string): Promise<boolean>;
  /**
   * The same, after a refusal; `isGone`: the vendor itself says that it no longer has the file.
   * @returns how long the file has been refused; undefined: it is not to be fetched
   */
  refuseOutput(
    submission: string,
    index: number,
    refusal: { readonly inMs: number; readonly why: string; readonly isGone: boolean },
  ): Promise<Refusals | undefined>;
  /**
   * Records damaged bytes of a file.
   * @returns milliseconds since these bytes first came, with no other damaged bytes since;
   * undefined: they came for the first time
   */
  noteDamaged(submission: string, index: number, sha256: string): Promise<number | undefined>;
  loseOutput(submission: string, index: number, why: string): Promise<boolean>;
  /** Lost files that may be requested again, by submission and index. */
  lostOutputs(scope: LostScope): Promise<readonly LostOutput[]>;
  /** Records that a lost file was requested again and is still not available. */
  askedOutput(submission: string, index: number, why: string): Promise<boolean>;
  /**
   * Saves a lost file that was available after all. When all files of its submission are saved, the
   * submission succeeds. Shots of any batch that wait for its fingerprint are then done. When a
   * later submission has its place, it becomes a standby job.
   */
  recoverOutput(submission: string, index: number, file: SavedFile): Promise<boolean>;
  /**
   * The bytes of a saved output are gone from this machine: fetches it again, at no cost. Refusals
   * from before it was saved do not count. Its done shots wait for it in no lane; the money stays
   * as it is. False when other bytes are saved by now.
   */
  fetchAgain(
    submission: string,
    index: number,
    lost: { sha256: string; why: string },
  ): Promise<boolean>;
  /**
   * The bytes of an output are on this machine again, after it was lost or was to be fetched again.
   * When all files of a lost job are saved, its shots are done.
   */
  foundOutput(submission: string, index: number, sha256: string): Promise<boolean>;
  /**
   * Promised refunds of the account that are due for a check, each leased for `leaseMs`; `early`:
   * also those not yet due.
   */
  dueRefunds(
    account: string,
    options: { limit: number; leaseMs: number; early?: boolean },
  ): Promise<readonly DueRefund[]>;
  /**
   * `back`: spent becomes refunded in every budget that counted it. `notYet`: checked again at
   * growing intervals for seven days. After that, and with `kept`, the money stays spent.
   */
  settleRefund(submission: string, reported: 'back' | 'kept' | 'notYet'): Promise<boolean>;
  /**
   * A job id that arrived after its submission was final or had another job. The vendor's own
   * answer counts, also after a person's decision, and the other job stays on record beside it. The
   * late job is collected all the same. Its default time limit is two hours. `from`: the source of
   * the id, by default the vendor's answer; a person displaces no job. `billed` as for `submitted`.
   * False when another submission has the job, or this one has a job that takes precedence.
   */
  lateJob(
    submission: string,
    job: JsonObject,
    jobId: string,
    reported?: {
      readonly giveUpInMs?: number;
      readonly from?: 'answer' | 'person';
      readonly billed?: Amount | null;
    },
  ): Promise<boolean>;
  /** Those of the job ids that a submission of the account has. */
  recordedJobIds(account: string, jobIds: readonly string[]): Promise<ReadonlySet<string>>;
  block(
    account: string,
    model: string | null,
    reason: BlockReason,
    untilMs: number | null,
    cause?: BlockCause,
  ): Promise<void>;
}

/** What a person reads of an outage. */
export interface BlockCause {
  /** Its last failure. */
  readonly why: string;
  /** Its first failure, epoch milliseconds. */
  readonly since: number;
}

export interface SavedFile {
  readonly sha256: string;
  readonly bytes: number;
  readonly mime: string;
  readonly width: number | null;
  readonly height: number | null;
  /** Why the file is damaged; absent: it is not. */
  readonly damaged?: string | null;
}

/**
 * How long a file has been refused, in milliseconds: the sum of the times between refusals. Each
 * counts at most as much as the pause that follows it, so time asleep proves nothing.
 */
export interface Refusals {
  readonly forMs: number;
  /** Refusals in a row in which the vendor itself says that it no longer has the file. */
  readonly goneAnswers: number;
  readonly goneForMs: number;
}

/** Selects lost files. */
export type LostScope =
  /**
   * Files that open shots of the range ask for, and that were not requested since an hour before
   * the run. For `noLane`: files that the batch paid for, that no shot of a running batch waits
   * for, and that were not requested within an hour.
   */
  | { readonly range: Range }
  /** Files of requests with these fingerprints. */
  | { readonly account: string; readonly fingerprints: readonly string[] }
  /** Files that the batch paid for. */
  | { readonly batch: string };

export interface LostOutput {
  readonly submission: string;
  readonly index: number;
  readonly account: string;
  /** Key of the shot that paid for it. */
  readonly key: string;
  readonly job: JsonObject;
  readonly remote: Json;
  readonly url: string | null;
  readonly expiresAt: number | null;
  readonly makes: MediaKind | null;
}

/** A person's decision on a request that nothing else can settle. */
export type Resolution =
  /** This is its job: collected like any other. */
  | {
      readonly kind: 'job';
      readonly job: JsonObject;
      readonly jobId: string;
      readonly nextPollInMs: number;
      readonly giveUpInMs: number;
    }
  /** Its shots are open again. The accepted sum of this batch's run grows by the price. */
  | { readonly kind: 'again'; readonly batch: string }
  /** Its shots are skipped; a new run plans them again. */
  | { readonly kind: 'skip' };

/** A request without a proven job: a job that turns up may be its own. */
export interface CompetingSubmission {
  /** Null for a training and for a gap. */
  readonly request: ShotRequest | null;
  /** Epoch milliseconds. */
  readonly claimedAt: number;
  readonly deadlineAt: number;
  /** Its answer may still come. */
  readonly onItsWay: boolean;
  /** It stands for all that may have been sent in a gap. */
  readonly inGap: boolean;
}
/** A job that certainly exists at the vendor. A list without it proves nothing about other jobs. */
export interface KnownJob {
  readonly job: JsonObject;
  readonly jobId: string;
  readonly request: ShotRequest;
  readonly sameModel: boolean;
  /** Epoch milliseconds. The job was made between the two, or earlier if its id came late. */
  readonly claimedAt: number;
  readonly submittedAt: number;
}
/** A failed job with a promised refund. */
export interface DueRefund {
  readonly submission: string;
  readonly job: JsonObject;
  /** Files that it was to make. */
  readonly ordered: number;
}
