import type { ShotRequest } from '../../batch/request.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { Amount } from '../../money.ts';
import type { HoldReason, Range } from './states.ts';

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
    overdue: boolean;
  }[];
  readonly downloads: readonly {
    submission: string;
    index: number;
    remote: Json;
    url: string | null;
    expiresAt: number | null;
    job: JsonObject;
    tries: number;
  }[];
  readonly ambiguous: readonly {
    submission: string;
    request: ShotRequest;
    claimedAt: number;
    deadlineAt: number;
    /** What came instead of an answer. */
    why: string;
  }[];
  /** When something next becomes due; null: nothing is pending in the range. */
  readonly nextInMs: number | null;
  /** Jobs of the account that are being asked after, whoever does. */
  readonly live: number;
  /** Files of the batch at this account wait so long that their links may end before they are fetched. */
  readonly late: boolean;
  /** Open and bound shots of the range; of what stands in no lane, `bound` counts the submissions. */
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
      settleMs: number;
      taken?: readonly string[];
    },
  ): Promise<Due>;
  /** Requests of the account that were on their way at that time, up to `marginMs` apart, with no job on record. */
  rivals(submission: string, marginMs: number): Promise<readonly Rival[]>;
  /** Jobs of the account within an hour of that time whose ids are on record; at most 48. */
  witnesses(submission: string): Promise<readonly Witness[]>;
  /** Accounts at which the batch has paid work that stands in no lane, stalled jobs included. */
  adrift(batch: string): Promise<readonly string[]>;
  /** Jobs that the batch waits for and that were given up as endless: they may have ended since. */
  stalledJobs(
    batch: string,
    account: string,
  ): Promise<readonly { submission: string; job: JsonObject }[]>;
  /** What the vendor's own list of jobs says that they cost; kept beside what the ledger counts. */
  noteListed(
    account: string,
    jobs: readonly { readonly jobId: string; readonly billed: Amount }[],
  ): Promise<void>;
  submitted(
    submission: string,
    job: JsonObject,
    jobId: string,
    times: { nextPollInMs: number; giveUpInMs: number },
  ): Promise<boolean>;
  /**
   * Surely no job. `fail`: the shot fails; `reopen`: open again, no try counted, and right after an equal one
   * of the same shot in the same run it is only counted there.
   */
  rejected(submission: string, why: string, effect: 'fail' | 'reopen'): Promise<boolean>;
  ambiguous(submission: string, why: string): Promise<boolean>;
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
   * A person's word on a parked or stalled one. `again` and `skip` count its price as spent, since the vendor
   * may have charged it. Answers the batches whose shots it moved; undefined: it is in another state, or the
   * job is another's.
   */
  resolve(submission: string, word: Resolution): Promise<readonly string[] | undefined>;
  pollAgain(submission: string, inMs: number, why?: string): Promise<boolean>;
  /**
   * `billed` null: as reserved. A bill above the reservation holds the account. A training that is ready or
   * failed has no outputs.
   */
  succeeded(
    submission: string,
    result: {
      outputs: readonly { remote: Json; url: string | null; expiresAt: number | null }[];
      billed: Amount | null;
    },
  ): Promise<boolean>;
  failed(
    submission: string,
    result: { reason: string; refunded: boolean | 'promised' | null; billed: Amount | null },
  ): Promise<boolean>;
  stalled(submission: string, why: string): Promise<boolean>;
  saveOutput(
    submission: string,
    index: number,
    file: {
      sha256: string;
      bytes: number;
      mime: string;
      width: number | null;
      height: number | null;
    },
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
  /** The same, for one that was refused. @returns how often it has been; 0: it is not to be fetched */
  refuseOutput(submission: string, index: number, inMs: number, why: string): Promise<number>;
  loseOutput(submission: string, index: number, why: string): Promise<boolean>;
  /**
   * Refunds that the account's vendor promised and that are due to be asked after, each leased for
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
  settleRefund(submission: string, told: 'back' | 'kept' | 'notYet'): Promise<boolean>;
  /**
   * A job id that arrived after its submission was final: kept, `surplus`, collected all the same. Followed
   * for two hours where its time limit is not given.
   */
  lateJob(
    submission: string,
    job: JsonObject,
    jobId: string,
    times?: { giveUpInMs: number },
  ): Promise<boolean>;
  /** Job ids of the account that some submission has. */
  knownJobs(account: string, jobIds: readonly string[]): Promise<ReadonlySet<string>>;
  hold(
    account: string,
    model: string | null,
    reason: HoldReason,
    untilMs: number | null,
  ): Promise<void>;
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
  /** Its shots are skipped; a new run plans them anew. */
  | { readonly kind: 'skip' };

/** A request whose fate no job proves: a job that turns up may be its own. */
export interface Rival {
  /** Null for a training. */
  readonly request: ShotRequest | null;
  /** Epoch milliseconds. */
  readonly claimedAt: number;
  readonly deadlineAt: number;
  /** Its answer may still come. */
  readonly onItsWay: boolean;
}
/** A job that surely is at the vendor: a list which leaves it out proves nothing about others. */
export interface Witness {
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
}
