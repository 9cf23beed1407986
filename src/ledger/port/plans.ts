import type { ModelChoice, ShotRequest } from '../../batch/request.ts';
import type { PlannedShot, SourceOutput } from '../../batch/shot.ts';
import type { Json, JsonObject } from '../../json.ts';

/** Planning writes nothing for a run that another one has replaced. */
export interface PlanLedger {
  /** A plan kept for `run --plan`; forgotten after 30 days. */
  savePlan(plan: string, content: JsonObject): Promise<void>;
  savedPlan(plan: string): Promise<JsonObject | undefined>;
  /**
   * Writes shots of one step (any number of calls per planning pass). The identity of a shot is
   * (batch, key). A new shot is open. A shot with a changed fingerprint is open again. A done or
   * bound shot with the same fingerprint stays. A failed, skipped or blocked shot opens again only
   * in a new run. Renames keep the paid output. A shot is done at once (`cached`) when its
   * (account, fingerprint) has a succeeded submission with saved outputs.
   */
  putShots(batch: string, run: number, shots: readonly PlannedShot[]): Promise<void>;
  /** Retires the step's shots that this run's plan no longer has. Call when a step's plan is complete. */
  retireOthers(batch: string, run: number, step: string): Promise<void>;
  /** Gives the open and bound shots of the step dense positions, in a new lane per account. */
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
  /** Models given by id that open shots of the step use and that were not seen ready in this run. */
  neededModels(
    batch: string,
    run: number,
    step: string,
  ): Promise<readonly { account: string; id: string }[]>;
  /**
   * Files that open shots of the step refer to and that were not seen at their place in this run.
   * `placeOf` gives the place for the request of a shot; undefined: its model reads no files.
   * `purpose` follows `uploadPurpose` of rules/upload-purpose.ts. Outputs are left out where their
   * own account or, for a place of links, their own vendor has them.
   */
  neededUploads(
    batch: string,
    run: number,
    step: string,
    placeOf: (request: ShotRequest) => FilePlace | undefined,
  ): Promise<
    readonly {
      /** The account of the shots. */
      account: string;
      /** `FilePlace.key`. */
      place: string;
      sha256: string;
      purpose: string;
      trainedModelFingerprint: string | null;
      path: string;
      /** Reference of the upload by an earlier run; the file may still be there. */
      remote?: Json;
    }[]
  >;
  /**
   * Blocks shots that can never start (training failed, upload refused), with the reason. Returns
   * their number.
   */
  block(
    batch: string,
    run: number,
    where: {
      step?: string;
      key?: string;
      trainingFingerprint?: string;
      sha256?: string;
      /** A model given by its id. */
      model?: { account: string; id: string };
    },
    why: string,
  ): Promise<number>;
  /**
   * State of each fingerprint, for `plan`: accepted with saved outputs, live, failed before, or
   * lost at the vendor after payment. Unknown ones are left out.
   */
  lookup(
    account: string,
    fingerprints: readonly string[],
  ): Promise<ReadonlyMap<string, 'cached' | 'inFlight' | 'failed' | 'lost'>>;
  /**
   * Keys of the accounts of a batch. `all`: of its accepted plans and of its shots. `run`: of the
   * plan that its current run was accepted with, and of the run's open and bound shots.
   */
  accountsOf(batch: string, which: 'all' | 'run'): Promise<readonly string[]>;
}

/** The place to which the files of a request are uploaded. */
export interface FilePlace {
  /** Key for `RemoteLedger.upload`: that of an account or of a reference host. */
  readonly key: string;
  /** Input of the model: the account's own id of the file, or a public link. */
  readonly as: 'id' | 'link';
}

export interface Lane {
  readonly lane: string;
  readonly account: string;
  readonly step: string;
  readonly shots: number;
}
