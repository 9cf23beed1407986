import { parseBatch } from '../batch/file/parse.ts';
import { accountName, originOf } from '../batch/ids.ts';
import { openStep, type Expanded } from '../batch/expansion/expand.ts';
import type { ShotRequest } from '../batch/request.ts';
import type { PlannedShot } from '../batch/shot.ts';
import { UserError } from '../errors.ts';
import type { Lane } from '../ledger/port.ts';
import { openFrozen } from '../storage/frozen-batch.ts';
import type { ActivityDependencies, LaneFacts } from './dependencies.ts';
import { withHeartbeat } from './heartbeat.ts';
import { logUnconfigured } from './orphans.ts';
import { checkLedger, type RunInput } from './own-work.ts';
import { filePlaceOf } from './uploads/upload-places.ts';

export interface PlanStepInput extends RunInput {
  readonly step: string;
  readonly pass: number;
}

export interface StepPlan {
  readonly lanes: readonly {
    readonly lane: string;
    readonly account: string;
    readonly accountName: string;
    readonly shots: number;
    readonly inFlight: number;
    /** Shot keys of a short lane, used as activity names; otherwise empty. */
    readonly names: readonly string[];
  }[];
  readonly trainings: readonly {
    readonly account: string;
    readonly accountName: string;
    readonly fingerprint: string;
    readonly name: string;
  }[];
  /** Models given by id that must be ready first; plans of older histories have none. */
  readonly models?: readonly {
    readonly account: string;
    readonly accountName: string;
    readonly id: string;
    readonly lane: string;
  }[];
  readonly uploads: readonly {
    readonly account: string;
    readonly accountName: string;
    readonly files: number;
  }[];
}

/** Rows per transaction. */
const sliceLength = 500;
/** Up to this number of shots, each shot of a lane has its own activity. */
const namedShotsMax = 200;

/**
 * Expands one step of the frozen batch into the ledger and divides it into lanes. Expansion is pure
 * and the rows are keyed, so a repetition changes nothing.
 */
export async function planStep(
  deps: ActivityDependencies,
  input: PlanStepInput,
): Promise<StepPlan> {
  checkLedger(deps, input);
  return await withHeartbeat(async (cancelled, report) => {
    const { plans, batches } = deps.ledger;
    const { batch, run, step } = input;
    const row = await batches.get(batch);
    const about = row?.steps.find(({ name }) => name === step);
    if (!row || !about) throw new UserError(`the batch ${batch} has no step ${step}`);
    if (row.run !== run) return { lanes: [], trainings: [], uploads: [] };
    if (row.state === 'cancelled' || row.state === 'finished') return await leftOver(deps, input);
    await deps.learned.load();
    requireAccounts(deps, await plans.accountsOf(batch, 'run'));
    let planned = 0;
    for await (const slice of slicesOf(expand(deps, row.frozen, batch, about))) {
      cancelled.throwIfAborted();
      // If unknown prices were accepted, a price that becomes known now would break the accepted
      // sum.
      const priced = row.unknownPrices ? slice : await deps.learned.priced(slice);
      await plans.putShots(batch, run, priced);
      for (const shot of priced) {
        const said = deps.learned.refusalOf(shot);
        if (said !== undefined) await plans.block(batch, run, { key: shot.key }, said);
      }
      planned += slice.length;
      report(`${planned} shots`);
    }
    await plans.retireOthers(batch, run, step);
    const lanes = await plans.makeLanes(batch, run, step, input.pass);
    return await describePlan(deps, input, lanes);
  });
}

/**
 * Each account of the run must be configured here at its address. Otherwise its shots would vanish
 * from the run, or be new at another address and be paid again.
 * @throws UserError naming the account
 */
function requireAccounts({ lanes }: ActivityDependencies, accepted: readonly string[]): void {
  const missing = accepted.find((key) => !lanes.has(key));
  if (missing === undefined) return;
  const [name, origin] = [accountName(missing), originOf(missing)];
  const other = [...lanes.keys()].find((key) => accountName(key) === name);
  if (other === undefined)
    throw new UserError(`this worker has no account ${name}, and the run was accepted with it`, {
      next: [`configure ${name} where the worker runs, and start the worker again`],
    });
  throw new UserError(
    `the account ${name} is at ${originOf(other)} here, and the run was accepted with ${origin}`,
    { next: [`give ${name} its base URL again where the worker runs`] },
  );
}

/**
 * For a batch that is over: lanes for the remaining work, and no new work. Work at an account that
 * is not configured here waits, and the other accounts are collected.
 */
async function leftOver(deps: ActivityDependencies, input: PlanStepInput): Promise<StepPlan> {
  const { batch, run, step, pass } = input;
  const { plans, reports } = deps.ledger;
  const lanes = await plans.makeLanes(batch, run, step, pass);
  const paidAt = new Set((await reports.uncollected(batch)).map(({ account }) => account));
  const known = lanes.filter(({ account }) => deps.lanes.has(account));
  for (const { account } of lanes)
    if (!deps.lanes.has(account) && paidAt.has(account)) logUnconfigured(deps, batch, account);
  return {
    lanes: await describeLanes(deps, input, known),
    trainings: [],
    models: [],
    uploads: [],
  };
}

/** The step's shots. A step that reads others builds them from their saved outputs, slice by slice. */
async function* expand(
  deps: ActivityDependencies,
  frozen: string,
  batch: string,
  about: { name: string; from: readonly string[]; pick: 'all' | 'approved' },
): AsyncGenerator<PlannedShot> {
  const { source, file, files } = await openFrozen(deps.blobs, frozen, deps.recovery);
  const { document } = parseBatch(source, file);
  if (!document) throw new UserError(`the stored copy of ${file} cannot be read`);
  const expansion = openStep(document, about.name, { files, catalogue: deps.catalogue });
  const mistake = expansion.problems.find(({ severity }) => severity === 'error');
  if (mistake)
    throw new UserError(`the step ${about.name} cannot be planned here: ${mistake.message}`, {
      next: ['compare the settings of the worker with those of the run'],
    });
  if (about.from.length === 0) {
    yield* shotsOf(deps, expansion.shots());
    return;
  }
  const outputs = deps.ledger.plans.sources(batch, about.from, about.pick);
  let ordinal = 0;
  for await (const slice of slicesOf(outputs)) {
    yield* shotsOf(deps, expansion.shots(slice, ordinal));
    ordinal += expansion.tally.shots;
  }
}

function* shotsOf(
  deps: ActivityDependencies,
  expanded: Iterable<Expanded>,
): Generator<PlannedShot> {
  for (const each of expanded)
    if ('shot' in each) yield each.shot;
    else deps.log(`${each.origin}: ${each.problem.message}`);
}

async function* slicesOf<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item[]> {
  let slice: Item[] = [];
  for await (const item of items) {
    slice.push(item);
    if (slice.length < sliceLength) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}

/** Ids and counts only, so that the workflow's data stays small for a step of any size. */
async function describePlan(
  deps: ActivityDependencies,
  input: PlanStepInput,
  lanes: readonly Lane[],
): Promise<StepPlan> {
  const { plans } = deps.ledger;
  const { batch, run, step } = input;
  const nameOf = (account: string): string => laneOf(deps, account).name;
  const uploads = new Map<string, number>();
  const placeOf = (request: ShotRequest) => filePlaceOf(deps, request);
  for (const { account } of await plans.neededUploads(batch, run, step, placeOf))
    uploads.set(account, (uploads.get(account) ?? 0) + 1);
  const trainings = await plans.neededTrainings(batch, run, step);
  const models = await plans.neededModels(batch, run, step);
  return {
    lanes: await describeLanes(deps, input, lanes),
    trainings: trainings.map(({ account, choice: { set } }) => ({
      account,
      accountName: nameOf(account),
      fingerprint: set.fingerprint,
      name: set.name,
    })),
    models: models.map(({ account, id }) => ({
      account,
      accountName: nameOf(account),
      id,
      lane: lanes.find((lane) => lane.account === account)?.lane ?? '',
    })),
    uploads: [...uploads].map(([account, files]) => ({
      account,
      accountName: nameOf(account),
      files,
    })),
  };
}

async function describeLanes(
  deps: ActivityDependencies,
  input: PlanStepInput,
  lanes: readonly Lane[],
): Promise<StepPlan['lanes']> {
  const named = await namesByAccount(deps, input, lanes);
  return lanes.map(({ lane, account, shots }) => {
    const { name, inFlight } = laneOf(deps, account);
    return { lane, account, accountName: name, inFlight, shots, names: named.get(account) ?? [] };
  });
}

function laneOf({ lanes }: ActivityDependencies, account: string): LaneFacts {
  const known = lanes.get(account);
  if (known) return known;
  throw new UserError(`the account ${account} is not configured any more`);
}

/** Shot keys in lane order, for short lanes in which each shot has its own activity. */
async function namesByAccount(
  deps: ActivityDependencies,
  { batch, step }: PlanStepInput,
  lanes: readonly Lane[],
): Promise<ReadonlyMap<string, string[]>> {
  const names = new Map<string, string[]>();
  for (const { account, shots } of lanes) {
    if (shots === 0 || shots > namedShotsMax) continue;
    const keys: string[] = [];
    const states = ['open', 'bound'] as const;
    const rows = deps.ledger.reports.shots(batch, { states, step, account });
    for await (const { key } of rows) keys.push(key);
    names.set(account, keys);
  }
  return names;
}
