import type { ModelChoice, ShotRequest } from '../batch/request.ts';
import type { PlannedShot, SourceOutput } from '../batch/shot.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Amount, Price, Unit } from '../money.ts';

/**
 * The one door to money. Every state change is compare-and-set and committed (fsync) before its promise
 * resolves; a boolean answer tells whether the row was in an expected state. Times are epoch milliseconds,
 * amounts integers in the unit's smallest part.
 */
export interface Ledger {
  /** Random, made with the database; workers refuse work that names another. */
  readonly id: string;
  readonly batches: BatchLedger;
  readonly plans: PlanLedger;
  readonly claims: ClaimLedger;
  readonly submissions: SubmissionLedger;
  readonly remotes: RemoteLedger;
  readonly learned: LearnedLedger;
  readonly reports: ReportLedger;
  close(): Promise<void>;
}

export type ShotState =
  'open' | 'bound' | 'done' | 'failed' | 'parked' | 'skipped' | 'blocked' | 'retired';
/** `lost` is a succeeded submission whose output cannot be had any more. */
export type SubmissionState =
  | 'claimed'
  | 'submitted'
  | 'succeeded'
  | 'failed'
  | 'rejected'
  | 'ambiguous'
  | 'parked'
  | 'stalled'
  | 'lost';
export type BatchState = 'running' | 'paused' | 'cancelled' | 'finished';
export type HoldReason =
  'noFunds' | 'badKey' | 'forbidden' | 'limited' | 'unreachable' | 'overBilled' | 'breaker';

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
  /** Absolute path of the batch file; two files may not share a batch name. */
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
  /** Starts a new run (the next number) and sets the batch running; clears the account holds a person ends (noFunds, badKey, forbidden, unreachable). @throws UserError when another file owns the name */
  startRun(run: AcceptedRun): Promise<BatchRow>;
  get(batch: string): Promise<BatchRow | undefined>;
  /** Compare-and-set; `pause` from running, `resume` from paused (also ends the batch's holds), `cancel` from running or paused. */
  setState(batch: string, to: BatchState, from: readonly BatchState[]): Promise<boolean>;
  /** Ends holds on the accounts of a batch that a person may end. */
  clearHolds(batch: string): Promise<void>;
  setBudget(batch: string, account: string, unit: Unit, cap: Amount): Promise<void>;
  finishRun(batch: string, run: number, outcome: string): Promise<void>;
  list(): Promise<readonly BatchRow[]>;
}

/** A range of a lane: the shots with positions in [from, to). */
export interface Range {
  readonly batch: string;
  readonly run: number;
  /** Names one step at one account in one sweep. */
  readonly lane: string;
  readonly account: string;
  readonly from: number;
  readonly to: number;
}

export interface PlanLedger {
  /**
   * Writes shots of one step (any number of calls per sweep). A shot is keyed (batch, key): a new one is
   * open; one whose fingerprint changed is open again; one that is done, or bound, with the same fingerprint
   * stays; a failed or skipped one is opened again only by a new run. Renames keep the paid output.
   * A shot whose (account, fingerprint) has a succeeded submission with saved outputs becomes done at once (`cached`).
   */
  putShots(batch: string, run: number, shots: readonly PlannedShot[]): Promise<void>;
  /** Retires the step's shots that this run's plan no longer has. Call when a step's plan is complete. */
  retireOthers(batch: string, run: number, step: string): Promise<void>;
  /** Gives the step's open and bound shots dense positions, per account, under a new lane each. */
  makeLanes(batch: string, run: number, step: string, sweep: number): Promise<readonly Lane[]>;
  /** Saved outputs of done shots of these steps, in plan order: the cells of a step that reads them. */
  sources(
    batch: string,
    steps: readonly string[],
    pick: 'all' | 'approved',
  ): AsyncIterable<SourceOutput>;
  /** Distinct training sets that open shots of the step need and that were not seen ready in this run. */
  neededTrainings(
    batch: string,
    run: number,
    step: string,
  ): Promise<readonly { account: string; choice: ModelChoice & { kind: 'training' } }[]>;
  /**
   * Files that open shots of the step refer to and that are not yet in the place that `placeOf` tells for
   * a shot's request (undefined: its model reads no files); `purpose` as `uploadPurpose` of
   * rules/upload-purpose.ts says. Outputs are left out where their own account or, for a place of links,
   * their own vendor has them.
   */
  neededUploads(
    batch: string,
    run: number,
    step: string,
    placeOf: (request: ShotRequest) => FilePlace | undefined,
  ): Promise<
    readonly {
      /** The shots'. */
      account: string;
      /** `FilePlace.key`. */
      place: string;
      sha256: string;
      purpose: string;
      trainedModelFingerprint: string | null;
      path: string;
    }[]
  >;
  /** Shots that can never start (training failed, upload refused): blocked, with the reason. */
  block(
    batch: string,
    run: number,
    where: { step?: string; trainingFingerprint?: string; sha256?: string },
    why: string,
  ): Promise<number>;
  /**
   * How the ledger sees fingerprints, for `plan`: accepted with saved outputs, live, failed before, lost at
   * the vendor after they were paid, or none.
   */
  lookup(
    account: string,
    fingerprints: readonly string[],
  ): Promise<ReadonlyMap<string, 'cached' | 'inFlight' | 'failed' | 'lost'>>;
}

/** Where the files of a request are brought. */
export interface FilePlace {
  /** Under which `RemoteLedger.upload` knows it: an account's key, or a reference host's. */
  readonly key: string;
  /** What the model is given: the account's own id of the file, or a public link. */
  readonly as: 'id' | 'link';
}

export interface Lane {
  readonly lane: string;
  readonly account: string;
  readonly step: string;
  readonly shots: number;
}

export interface ClaimLedger {
  /** In the order of docs/ledger.md. At most `window` new grants minus this range's claimed rows. */
  claim(range: Range, options: ClaimOptions): Promise<ClaimAnswer>;
  /** The paid trigger of a training, through the same door; fingerprint of the training set. Same answer with at most one grant; `attached` 1 means live or accepted already. */
  claimTraining(
    training: {
      batch: string;
      run: number;
      account: string;
      fingerprint: string;
      price: Price;
      key: string;
    },
    options: ClaimOptions,
  ): Promise<ClaimAnswer>;
  /**
   * A rate slot for one free call, where the vendor counts those as it counts claims; 0: it is taken,
   * else the milliseconds after which to ask again. Claims and calls that both wait take turns.
   */
  takeCallSlot(account: string): Promise<number>;
}
export interface ClaimOptions {
  readonly window: number;
  /** Time limit of the POST; `deadline_at` = `send_by` + this. */
  readonly postTimeoutMs: number;
  /** Identity of the claiming process, for people. */
  readonly worker: string;
}
export interface Grant {
  readonly submission: string;
  /** Counts the tries of the shot from 1. */
  readonly attempt: number;
  readonly key: string;
  readonly request: ShotRequest;
  /** Milliseconds from the grant within which the request's first byte must leave (docs/ledger.md, the fence). */
  readonly sendWithinMs: number;
}
export interface ClaimAnswer {
  readonly granted: readonly Grant[];
  readonly attached: number;
  /** Shots of the range still open after this claim, and bound ones that are not done. */
  readonly open: number;
  readonly bound: number;
  readonly next:
    { kind: 'go' } | { kind: 'wait'; ms: number } | { kind: 'stopped'; reason: StopReason };
}
export type StopReason =
  | { kind: 'superseded' }
  | { kind: 'paused' }
  | { kind: 'cancelled' }
  | { kind: 'hold'; hold: HoldReason; account: string }
  | { kind: 'budget'; scope: 'batch' | 'account' | 'accepted'; account: string }
  | { kind: 'unknownPrice'; account: string }
  | { kind: 'maxFailures' };

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
    savedSiblings: number;
  }[];
  readonly ambiguous: readonly {
    submission: string;
    request: ShotRequest;
    claimedAt: number;
    deadlineAt: number;
    rivals: number;
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
   * most `downloads` files (default `limit`), those first whose links end first.
   */
  due(
    range: Range,
    options: { leaseMs: number; limit: number; downloads?: number; settleMs: number },
  ): Promise<Due>;
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
  /** Surely no job. `fail`: the shot fails; `reopen`: open again, no try counted. */
  rejected(submission: string, why: string, effect: 'fail' | 'reopen'): Promise<boolean>;
  ambiguous(submission: string, why: string): Promise<boolean>;
  /** The one job that fits was found. False also when another submission has that job. */
  adopt(
    submission: string,
    job: JsonObject,
    jobId: string,
    times: { nextPollInMs: number; giveUpInMs: number },
  ): Promise<boolean>;
  /** Surely absent after the settle time: rejected, released, open, no try. */
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
  /** `billed` null: as reserved. A bill above the reservation holds the account. */
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
  /** Training ready or failed is `succeeded`/`failed` with no outputs. */
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
  /** A job id that arrived after its submission was final: kept, `surplus`, collected all the same. */
  lateJob(submission: string, job: JsonObject, jobId: string): Promise<boolean>;
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

/** A failed job whose money the vendor promised to give back. */
export interface DueRefund {
  readonly submission: string;
  readonly job: JsonObject;
}

/** Uploads and trained models: what exists at an account, so that it is made once. */
export interface RemoteLedger {
  /** `processing`: the vendor has it, but it may not be used yet. */
  upload(
    account: string,
    sha256: string,
    purpose: string,
  ): Promise<
    | {
        state: 'intended' | 'processing' | 'stored';
        remote: Json;
        url: string | null;
        expiresAt: number | null;
      }
    | undefined
  >;
  /** False, and nothing is noted, when `atMost` other files lie there for that purpose. */
  intendUpload(account: string, sha256: string, purpose: string, atMost?: number): Promise<boolean>;
  /** `ready` false: it is still processed. */
  storeUpload(
    account: string,
    sha256: string,
    purpose: string,
    stored: { remote: Json; url: string | null; expiresAt: number | null; ready?: boolean },
  ): Promise<void>;
  /** One that failed or is gone: the next shot that needs the file uploads it anew. */
  dropUpload(account: string, sha256: string, purpose: string): Promise<void>;
  /** Where an output lies at the account that made it, for shots that read it there. */
  output(
    submission: string,
    index: number,
  ): Promise<
    | {
        account: string;
        job: JsonObject;
        remote: Json;
        url: string | null;
        expiresAt: number | null;
      }
    | undefined
  >;
  model(account: string, fingerprint: string): Promise<ModelRow | undefined>;
  /** Takes or renews the lease of the model's row, creating it in phase `creating`; false when another holds it. */
  leaseModel(
    account: string,
    fingerprint: string,
    owner: string,
    leaseMs: number,
  ): Promise<boolean>;
  /** To `ready`, also from `ready`, and to `failed`: so it was seen to be now. */
  setModelPhase(
    account: string,
    fingerprint: string,
    from: readonly ModelPhase[],
    to: ModelPhase,
    facts?: { remoteId?: string | null; why?: string },
  ): Promise<boolean>;
  modelImages(account: string, fingerprint: string): Promise<ReadonlyMap<string, string | null>>;
  intendModelImage(account: string, fingerprint: string, sha256: string): Promise<void>;
  storeModelImage(
    account: string,
    fingerprint: string,
    sha256: string,
    remoteId: string,
  ): Promise<void>;
  /** Abandons an untrained model: its images are forgotten, phase `creating`, no remote id. */
  abandonModel(account: string, fingerprint: string): Promise<void>;
  /** All that this ledger knows to lie at the account, by the vendor's ids. */
  knownThings(account: string): Promise<ReadonlyMap<string, KnownThing>>;
  /** Uploads that were deleted at the vendor: a later shot that needs one uploads it again. */
  forgetUploads(account: string, ids: readonly string[]): Promise<void>;
  /** A trained model that was deleted at the vendor: a later shot that needs it trains, and pays, again. */
  forgetModel(account: string, id: string): Promise<void>;
}
/** What something at the vendor is to us. */
export interface KnownThing {
  /** `reference`: for shots to read; `picture`: to train from. */
  readonly kind: 'reference' | 'picture' | 'model';
  /** The file's path or the training's name as a batch has it; null: in no batch any more. */
  readonly name: string | null;
  /** The file's sha-256, or the training set's fingerprint. */
  readonly hash: string;
}
export type ModelPhase =
  'creating' | 'created' | 'uploading' | 'armed' | 'triggered' | 'ready' | 'failed';
export interface ModelRow {
  readonly phase: ModelPhase;
  readonly remoteId: string | null;
  readonly why: string | null;
  /** When it was last seen to be ready, or to have failed. */
  readonly seenAt: number | null;
  /** The trigger's submission, where there is one. */
  readonly submission: string | null;
  /** When that submission was claimed. */
  readonly triggeredAt: number | null;
}

/** What vendors' free calls have told, per account; an answer replaces the one before it. */
export interface LearnedLedger {
  /** The last `Provider.discover`; undefined: never asked, or not again after the time given. */
  models(account: string, after?: number): Promise<{ models: Json; at: number } | undefined>;
  putModels(account: string, models: Json): Promise<void>;
  /** Quotes by `Offer.quoteKey`; with `since`, those of that time and later. */
  quotes(account: string, since?: number): Promise<readonly Quote[]>;
  putQuotes(account: string, quotes: readonly { key: string; amount: Amount }[]): Promise<void>;
}
export interface Quote {
  readonly key: string;
  /** In the account's unit. */
  readonly amount: Amount;
  readonly at: number;
}

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
  readonly state: ShotState;
  readonly why: string | null;
  readonly tries: number;
  readonly origin: string;
  readonly submission: string | null;
  readonly submissionState: SubmissionState | null;
  /** True when its output was paid by another run, batch or shot. */
  readonly cached: boolean;
  readonly outputs: readonly OutputRow[];
}
export interface OutputRow {
  readonly index: number;
  readonly state: 'ready' | 'saved' | 'lost';
  readonly sha256: string | null;
  readonly bytes: number | null;
  readonly mime: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly savedAt: number | null;
  readonly why: string | null;
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
  /** Its job id came when it was taken for settled. */
  readonly surplus: boolean;
  /** How its unclear fate was decided, by a person or by `onAmbiguous: resubmit`; null: it was not. */
  readonly resolution: 'job' | 'again' | 'skip' | 'resubmit' | null;
  /** What became of a refund that the vendor promised; null: none was. */
  readonly refund: 'owed' | 'back' | 'kept' | null;
  readonly outputs: readonly Pick<OutputRow, 'index' | 'state' | 'sha256' | 'why'>[];
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
  readonly request: ShotRequest;
  /** When its answer could not come any more. */
  readonly deadlineAt: number;
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
  /** Claimed, submitted, or of an unclear fate. */
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
  readonly outputs: number;
}
export interface BatchStatus {
  readonly row: BatchRow;
  readonly steps: readonly StepCounts[];
  readonly accounts: readonly AccountMoney[];
  readonly holds: readonly {
    account: string;
    model: string | null;
    reason: HoldReason;
    until: number | null;
  }[];
  /** Why lanes last stopped, newest first, distinct. */
  readonly stops: readonly StopReason[];
  /** Whether every open shot is in a lane that has stopped for a reason that does not end by itself. */
  readonly isStopped: boolean;
}
export interface ReportLedger {
  status(batch: string): Promise<BatchStatus | undefined>;
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
    },
  ): AsyncIterable<ShotRow>;
  shot(batch: string, key: string): Promise<ShotRow | undefined>;
  /** Parked and stalled generations that the batch paid for or waits for, oldest first. */
  unresolved(batch: string): Promise<readonly UnresolvedRow[]>;
  /** All submissions that batch paid for, oldest first. */
  submissions(batch: string): AsyncIterable<SubmissionRow>;
  /**
   * Saved files that the batch paid for and that none of its shots shows any more, as the retired shots that
   * they were: of shots that changed, left, or were made anew.
   */
  unshown(batch: string): AsyncIterable<ShotRow>;
  /** By batch and account; of one batch, or of all. */
  uncollected(batch?: string): Promise<readonly Uncollected[]>;
  /** Keeps an account's balance for the receipt: the first that is told at each moment of a run. */
  noteBalance(batch: string, balance: Omit<BalanceRow, 'at'>): Promise<void>;
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
  /** A plan kept for `run --plan`; forgotten after 30 days. */
  keepPlan(plan: string, content: JsonObject): Promise<void>;
  keptPlan(plan: string): Promise<JsonObject | undefined>;
  /** Why a lane, or a training under its `trainingLane`, does not go on. */
  noteStop(at: Pick<Range, 'batch' | 'run' | 'lane'>, reason: StopReason): Promise<void>;
  /** It went on at that time: what was noted before is over. */
  clearStop(batch: string, lane: string, until: number): Promise<void>;
}
