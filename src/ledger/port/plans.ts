import type { ModelChoice, ShotRequest } from '../../batch/request.ts';
import type { PlannedShot, SourceOutput } from '../../batch/shot.ts';
import type { Json, JsonObject } from '../../json.ts';

export interface PlanLedger {
  /** A plan kept for `run --plan`; forgotten after 30 days. */
  savePlan(plan: string, content: JsonObject): Promise<void>;
  savedPlan(plan: string): Promise<JsonObject | undefined>;
  /**
   * Writes shots of one step (any number of calls per planning pass). A shot is keyed (batch, key): a new one is
   * open; one whose fingerprint changed is open again; one that is done, or bound, with the same fingerprint
   * stays; a failed or skipped one is opened again only by a new run. Renames keep the paid output.
   * A shot whose (account, fingerprint) has a succeeded submission with saved outputs becomes done at once (`cached`).
   */
  putShots(batch: string, run: number, shots: readonly PlannedShot[]): Promise<void>;
  /** Retires the step's shots that this run's plan no longer has. Call when a step's plan is complete. */
  retireOthers(batch: string, run: number, step: string): Promise<void>;
  /** Gives the step's open and bound shots dense positions, per account, under a new lane each. */
  makeLanes(batch: string, run: number, step: string, pass: number): Promise<readonly Lane[]>;
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
  /** Models given by their ids that open shots of the step ask, and that were not seen ready in this run. */
  neededModels(
    batch: string,
    run: number,
    step: string,
  ): Promise<readonly { account: string; id: string }[]>;
  /**
   * Files that open shots of the step refer to and that were not seen in this run in the place that `placeOf`
   * tells for a shot's request (undefined: its model reads no files); `purpose` as `uploadPurpose` of
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
      /** Of one that an earlier run has uploaded: it may be there still. */
      remote?: Json;
    }[]
  >;
  /** Shots that can never start (training failed, upload refused): blocked, with the reason. */
  block(
    batch: string,
    run: number,
    where: {
      step?: string;
      key?: string;
      trainingFingerprint?: string;
      sha256?: string;
      /** One that is given by its id. */
      model?: { account: string; id: string };
    },
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
  /** Keys of the accounts that shots of the batch, as it was last run, are at; `unfinished`: those not ended. */
  accountsOf(batch: string, which: 'all' | 'unfinished'): Promise<readonly string[]>;
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
