import type { MediaKind } from '../../batch/model-spec.ts';
import type { ShotRequest } from '../../batch/request.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { Amount } from '../../money.ts';
import type { BlockReason, Range } from './states.ts';

/** Work that is due in a range: whoever runs the range does it. Poll claims move `next_poll_at` by `leaseMs`. */
export interface Due {
  readonly polls: readonly {
    submission: string;
    job: JsonObject;
    jobId: string;
    model: string;
    operation: 'generate' | 'train';
    submittedAt: number;
    polls: number;
    /** The end of its time limit, epoch milliseconds by a wall clock that may have jumped since. */
    giveUpAt: number;
    /** Files that it is to make. */
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
    /** What its shot's model makes; null where no shot waits for it. */
    makes: MediaKind | null;
  }[];
  readonly ambiguous: readonly {
    submission: string;
    request: ShotRequest;
    claimedAt: number;
    /** Its first byte left before this; earlier than `claimedAt` where the clock was set back since. */
    sendBy: number;
    deadlineAt: number;
    /** When its sender saw the request end; null: nobody did, and it is over by `deadlineAt`. */
    overAt: number | null;
    /** The gap in which it may have been sent, before it was claimed; null: it was claimed. */
    gap: number | null;
    /** What came instead of an answer. */
    why: string;
  }[];
  /** When something next becomes due; null: nothing is pending in the range. */
  readonly nextInMs: number | null;
  /** Jobs of the account that are being polled, whoever does. */
  readonly live: number;
  /** Files of the batch at this account wait so long that their links may end before they are fetched. */
  readonly late: boolean;
  /** Open and bound shots of the range; of orphaned work, `bound` counts the submissions. */
  readonly open: number;
  readonly bound: number;
}

/** What a transition did with the money and the shot. */
export interface SubmissionLedger {
  /**
   * Moves claims past their deadline to ambiguous, then answers what is due: at most `limit` polls, and at
   * most `downloads` files (default `limit`), those first whose links end first. Besides the range's own,
   * the batch's orphans at this account; a caller that was handed some lists them in `taken` to keep them.
   */
  due(
    range: Range,
    options: {
      leaseMs: number;
      limit: number;
      downloads?: number;
      /** After the deadline, before the fate of a request is looked for whose end nobody saw. */
      settleMs: number;
      /** The same after its end, where its sender saw that; default `settleMs`. */
      overMs?: number;
      taken?: readonly string[];
    },
  ): Promise<Due>;
  /** Requests of the account that were on their way at that time, up to `marginMs` apart, with no job on record. */
  competing(submission: string, marginMs: number): Promise<readonly CompetingSubmission[]>;
  /** Jobs of the account within an hour of that time whose ids are on record; at most 48. */
  knownJobs(submission: string): Promise<readonly KnownJob[]>;
  /**
   * Whether requests may still leave, or are undecided, that are later than this one: the list of jobs will
   * show by theirs how far it reaches.
   */
  hasLater(submission: string): Promise<boolean>;
  /**
   * Until when the account is blocked, or was last blocked: after a refusal, an outage, or for a person. Epoch
   * milliseconds; null: never.
   */
  blockedUntil(account: string): Promise<number | null>;
  /**
   * Whether another shot that may have been sent in the same gap asks for the same prompt, or the same source, with
   * other settings: what a job tells may then not tell the two apart. One that has left its batch is not seen.
   */
  hasLikeness(submission: string): Promise<boolean>;
  /** Accounts with paid work of the batch that no lane follows, stalled jobs and parked requests included. */
  accountsWithOrphans(batch: string): Promise<readonly string[]>;
  /** Jobs that the batch waits for and that were given up as endless: they may have ended since. */
  stalledJobs(
    batch: string,
    account: string,
  ): Promise<readonly { submission: string; job: JsonObject }[]>;
  /** Requests that shots of the batch wait for, without a job, and that were left to a person: later jobs may tell. */
  parkedWithoutJob(batch: string, account: string): Promise<Due['ambiguous']>;
  /** What the vendor's own list of jobs says that they cost; kept beside what the ledger counts. */
  noteListed(
    account: string,
    jobs: readonly { readonly jobId: string; readonly billed: Amount }[],
  ): Promise<void>;
  /**
   * `billed`: what the answer says that the job costs. False also when the job is another's: then a person is
   * asked.
   */
  submitted(
    submission: string,
    job: JsonObject,
    jobId: string,
    times: { nextPollInMs: number; giveUpInMs: number; billed?: Amount | null },
  ): Promise<boolean>;
  /**
   * Surely no job, as its sender says; that counts also after nobody else could tell what became of it. `fail`: the shot fails; `reopen`: open again, no try counted, and right after an equal one
   * of the same shot in the same run it is only counted there; `renew`: open again, since a file that the
   * request names is gone, but once in a run: then the shot fails.
   */
  rejected(submission: string, why: string, effect: 'fail' | 'reopen' | 'renew'): Promise<boolean>;
  /**
   * Sent, and over without a usable answer, as its sender has just seen. `mayStillRun`: its sender gave up
   * waiting, so that it counts as over only by its deadline.
   */
  ambiguous(
    submission: string,
    why: string,
    end?: { readonly mayStillRun: boolean },
  ): Promise<boolean>;
  /** The one job that fits was found. False also when another submission has that job. */
  adopt(
    submission: string,
    job: JsonObject,
    jobId: string,
    times: { nextPollInMs: number; giveUpInMs: number },
  ): Promise<boolean>;
  /** Surely absent after the settle time: rejected, released, open, no try; failed the third time in one run. */
  absent(submission: string): Promise<boolean>;
  /** Parked, or with `onAmbiguous: resubmit` a counted paid retry. */
  park(submission: string, why: string): Promise<boolean>;
  /**
   * A person's decision on a parked or stalled one. `again` and `skip` count its price as spent, since the vendor
   * may have charged it. Answers the batches whose shots it moved; undefined: it is in another state, or the
   * job is another's.
   */
  resolve(submission: string, resolution: Resolution): Promise<readonly string[] | undefined>;
  pollAgain(submission: string, inMs: number, why?: string): Promise<boolean>;
  /**
   * `billed` null: as reserved. `job`: of which that was said; where the submission has another by now, nothing
   * is recorded. A training that is ready or failed has no outputs. A generation without any has failed, and its
   * money is kept; one with fewer than were ordered has the rest counted as undelivered. One that was called
   * failed before is taken up again, beside the one that was sent since.
   */
  succeeded(
    submission: string,
    result: {
      outputs: readonly { remote: Json; url: string | null; expiresAt: number | null }[];
      /** Entries of the answer that name no file; for the reason alone. */
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
  /** `job` as for `succeeded`: a file of the job that the submission had before is not one of its own. */
  saveOutput(
    submission: string,
    index: number,
    file: SavedFile,
    job?: JsonObject,
  ): Promise<boolean>;
  /** Fresh URL for an output whose old one expired. */
  renewOutput(
    submission: string,
    index: number,
    url: string | null,
    expiresAt: number | null,
  ): Promise<boolean>;
  /** Tries again later. */
  delayOutput(submission: string, index: number, inMs: number, why: string): Promise<boolean>;
  /**
   * The same, for one that was refused; `isGone`: the vendor itself says that it has it no longer.
   * @returns how long that has been so; undefined: it is not to be fetched
   */
  refuseOutput(
    submission: string,
    index: number,
    refusal: { readonly inMs: number; readonly why: string; readonly isGone: boolean },
  ): Promise<Refusals | undefined>;
  /**
   * Bytes came that are damaged. @returns for how long these very bytes have come, and no others that were
   * damaged, in milliseconds; undefined: they came for the first time
   */
  noteDamaged(submission: string, index: number, sha256: string): Promise<number | undefined>;
  loseOutput(submission: string, index: number, why: string): Promise<boolean>;
  /** Lost files that may be asked for again, by submission and index. */
  lostOutputs(scope: LostScope): Promise<readonly LostOutput[]>;
  /** A lost file was asked for again, and cannot be had. */
  askedOutput(submission: string, index: number, why: string): Promise<boolean>;
  /**
   * A lost file that was to be had after all. With it all files of its submission may be there: then that has
   * succeeded, and whatever shot waits for its like is done, in whichever batch.
   */
  recoverOutput(submission: string, index: number, file: SavedFile): Promise<boolean>;
  /**
   * The bytes of a saved output are gone from this machine: it is fetched once more, which costs nothing; no
   * refusal from before it was saved counts. Its done shots wait for it in no lane; the money stays as it is. False where other bytes are saved by now.
   */
  fetchAgain(
    submission: string,
    index: number,
    lost: { sha256: string; why: string },
  ): Promise<boolean>;
  /**
   * The bytes of an output that was to be fetched once more, or that was lost, are here again. Where all of a
   * lost job's files are, its shots are done.
   */
  foundOutput(submission: string, index: number, sha256: string): Promise<boolean>;
  /**
   * Refunds that the account's vendor promised and that are due to be checked, each leased for
   * `leaseMs`; `early`: also those whose time has not come.
   */
  dueRefunds(
    account: string,
    options: { limit: number; leaseMs: number; early?: boolean },
  ): Promise<readonly DueRefund[]>;
  /**
   * `back`: spent becomes refunded in every budget that counted it. `notYet`: asked again later, at
   * growing intervals, for seven days; then, and with `kept`, the money stays spent.
   */
  settleRefund(submission: string, reported: 'back' | 'kept' | 'notYet'): Promise<boolean>;
  /**
   * A job id that arrived after its submission was final, or had been given another job: the vendor's own
   * answer counts, also after a person's decision, and the other job stays on record beside it. Collected all the
   * same. Followed for two hours where its time limit is not given. `from`: who named it, the vendor's answer
   * where nobody says; a person displaces no job. `billed` as for `submitted`. False when another submission has the job, or this one has
   * another that counts more.
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
  /** Job ids of the account that some submission has. */
  recordedJobIds(account: string, jobIds: readonly string[]): Promise<ReadonlySet<string>>;
  block(
    account: string,
    model: string | null,
    reason: BlockReason,
    untilMs: number | null,
  ): Promise<void>;
}

export interface SavedFile {
  readonly sha256: string;
  readonly bytes: number;
  readonly mime: string;
  readonly width: number | null;
  readonly height: number | null;
  /** Why it is not a whole file; absent: it is. */
  readonly damaged?: string | null;
}

/**
 * For how long a file has been refused, in milliseconds: the times between refusals, each of which counts as
 * much as the pause that follows it at most, so that a machine that slept proves nothing.
 */
export interface Refusals {
  readonly forMs: number;
  /** In a row, those in which the vendor itself said that it has it no longer. */
  readonly goneAnswers: number;
  readonly goneForMs: number;
}

/** Whose lost files are meant. */
export type LostScope =
  /**
   * Those that open shots of the range ask for, and that were not asked for since an hour before the run; of
   * `noLane`, those that the batch paid for and no shot of a running batch waits for, not asked for within
   * an hour.
   */
  | { readonly range: Range }
  /** Those of requests with these fingerprints. */
  | { readonly account: string; readonly fingerprints: readonly string[] }
  /** Those that the batch paid for. */
  | { readonly batch: string };

export interface LostOutput {
  readonly submission: string;
  readonly index: number;
  readonly account: string;
  /** Of the shot that paid for it. */
  readonly key: string;
  readonly job: JsonObject;
  readonly remote: Json;
  readonly url: string | null;
  readonly expiresAt: number | null;
  readonly makes: MediaKind | null;
}

/** What a person says of a request whose fate nobody else can tell. */
export type Resolution =
  /** This is its job: collected like any other. */
  | {
      readonly kind: 'job';
      readonly job: JsonObject;
      readonly jobId: string;
      readonly nextPollInMs: number;
      readonly giveUpInMs: number;
    }
  /** Its shots are open again, and the price once more is accepted besides the plan of this batch's run. */
  | { readonly kind: 'again'; readonly batch: string }
  /** Its shots are skipped; a new run plans them again. */
  | { readonly kind: 'skip' };

/** A request whose fate no job proves: a job that turns up may be its own. */
export interface CompetingSubmission {
  /** Null for a training, and where nobody knows it. */
  readonly request: ShotRequest | null;
  /** Epoch milliseconds. */
  readonly claimedAt: number;
  readonly deadlineAt: number;
  /** Its answer may still come. */
  readonly onItsWay: boolean;
  /** It is whatever was sent in a gap. */
  readonly inGap: boolean;
}
/** A job that surely is at the vendor: a list which leaves it out proves nothing about others. */
export interface KnownJob {
  readonly job: JsonObject;
  readonly jobId: string;
  readonly request: ShotRequest;
  readonly sameModel: boolean;
  /** Epoch milliseconds; the job was made between the two, or before if its id came late. */
  readonly claimedAt: number;
  readonly submittedAt: number;
}
/** A failed job whose money the vendor promised to give back. */
export interface DueRefund {
  readonly submission: string;
  readonly job: JsonObject;
  /** Files that it was to make. */
  readonly ordered: number;
}
