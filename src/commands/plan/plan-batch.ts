import { createHash } from 'node:crypto';
import { expectedSources } from '../../batch/checks/check-batch.ts';
import { openStep, type StepExpansion } from '../../batch/expansion/expand.ts';
import type { PlannedShot, SourceOutput } from '../../batch/shot.ts';
import type { PlanLedger } from '../../ledger/port.ts';
import type { Amount, PriceBasis, Unit } from '../../money.ts';
import type { LoadedBatch } from '../project/batch-file.ts';
import { ownerOf } from '../project/owner.ts';
import type { Project } from '../project/project.ts';
import { type PresentCaps, presentCaps } from './present-caps.ts';
import { type PaidElsewhere, PaidElsewhereSearch, paidElsewhereText } from './paid-elsewhere.ts';

/**
 * `new`: will be paid. `cached`: its file exists, or an equal shot of this plan makes it.
 * `inFlight`: a job for it is running or undecided. `retry`: it failed before, or its file was lost
 * at the vendor.
 */
type ShotStatus = 'new' | 'cached' | 'inFlight' | 'retry';

export interface PlannedEntry {
  readonly shot: PlannedShot;
  readonly status: ShotStatus;
  readonly why: string;
  /** Its source does not exist yet, so the request may change. */
  readonly expected: boolean;
  /** It was made and paid for, and the vendor lost a file of it. */
  readonly isLost?: true;
}

export interface StepPlan {
  readonly step: string;
  shots: number;
  readonly upTo: boolean;
  readonly counts: Record<ShotStatus, number>;
  readonly cost: CostTable;
}

/** Costs of requests by account. `unknown` counts those without a price; `basis` is of the others. */
type CostTable = Map<string, AccountCost>;
export interface AccountCost {
  readonly account: string;
  readonly name: string;
  readonly unit: Unit;
  amount: Amount;
  basis: PriceBasis;
  requests: number;
  unknown: number;
}

/** The highest bill above a model's price. The plan uses it as the price. */
interface BilledPrice {
  readonly name: string;
  readonly model: string;
  readonly unit: Unit;
  /** The highest bill. */
  readonly amount: Amount;
}

export interface BatchPlan extends PresentCaps {
  readonly id: string;
  readonly steps: readonly StepPlan[];
  readonly cost: CostTable;
  /** Keys of all accounts that the batch has shots at. */
  readonly accounts: readonly string[];
  /** Names of accounts with running or undecided jobs that the batch waits for. */
  readonly waitsAt: ReadonlySet<string>;
  readonly billed: readonly BilledPrice[];
  readonly paidElsewhere: readonly PaidElsewhere[];
  /** Trainings that must be paid before the shots that need them. */
  readonly trainings: number;
  /** Rough wall-clock time of the requests under the known limits. */
  readonly seconds: number;
  /** The part of it for training. Models of one batch train at the same time. */
  readonly trainingSeconds: number;
  /** Notes for a person to read before the run. */
  readonly notes: readonly string[];
}

const slice = 500;
const assumedJobSeconds = 20;
/** Vendors that state a training time state 20 to 25 minutes. */
const assumedTrainingSeconds = 25 * 60;

/**
 * Compares the batch with the ledger, shot by shot, without changing anything.
 * @param each receives every shot in order, with its status
 */
export async function planBatch(
  loaded: LoadedBatch,
  project: Project,
  each: (entry: PlannedEntry) => void = () => {},
): Promise<BatchPlan> {
  const { document, catalogue, files } = loaded;
  const done = await doneShots(project, document.batch);
  const paid = new Map<string, string>();
  const trainings = new Map<string, true>();
  const expansions = new Map<string, StepExpansion>();
  const digest = createHash('sha256');
  digest.update(`${document.batch} ${ownerOf(project.config, loaded.path)}\n`);
  const steps: StepPlan[] = [];
  const total: CostTable = new Map();
  const billed = new Map<string, BilledPrice>();
  const waitsAt = new Set<string>();
  const accounts = new Set<string>();
  const { plans } = project.ledger;
  const known = await plans.accountsOf(document.batch, 'all');
  const elsewhere = new PaidElsewhereSearch(plans, known, accounts);
  for (const step of document.steps) {
    const expansion = openStep(document, step.name, { files, catalogue });
    expansions.set(step.name, expansion);
    const saved = step.from ? await savedSources(project, document.batch, step.from) : new Map();
    const plan: StepPlan = {
      step: step.name,
      shots: 0,
      upTo: step.from !== undefined,
      counts: { new: 0, cached: 0, inFlight: 0, retry: 0 },
      cost: new Map(),
    };
    const sources = realSources(expectedSources(expansion, expansions), saved, done);
    for (const shots of slices(expansion.shots(sources))) {
      const entries = await decide(shots, project, paid);
      await elsewhere.look(entries);
      for (const entry of entries) {
        plan.shots += 1;
        accounts.add(entry.shot.account);
        plan.counts[entry.status] += 1;
        digest.update(`${entry.shot.key} ${entry.shot.fingerprint} ${entry.status}\n`);
        if (entry.status === 'new' || entry.status === 'retry') {
          addCost(loaded, plan.cost, entry.shot.account, entry.shot.price);
          addCost(loaded, total, entry.shot.account, entry.shot.price);
          noteBilled(billed, entry.shot);
          await addTraining(entry.shot, loaded, project, trainings, total);
        }
        if (entry.status === 'inFlight') waitsAt.add(entry.shot.request.account);
        each(entry);
      }
    }
    steps.push(plan);
  }
  for (const cost of total.values()) digest.update(`${cost.account} ${cost.amount}\n`);
  const paidElsewhere = elsewhere.result();
  const trainingSeconds = trainings.size > 0 ? assumedTrainingSeconds : 0;
  return {
    id: `p-${digest.digest('hex').slice(0, 12)}`,
    steps,
    cost: total,
    ...(await presentCaps(project, document.batch)),
    accounts: [...accounts],
    waitsAt,
    billed: [...billed.values()],
    paidElsewhere,
    trainings: trainings.size,
    seconds: secondsFor(loaded, total) + trainingSeconds,
    trainingSeconds,
    notes: [...paidElsewhere.map(paidElsewhereText), ...(await damagedSources(loaded, project))],
  };
}

/** Lists damaged files that later steps read. They are used like any other file, but never silently. */
async function damagedSources(
  { document }: LoadedBatch,
  project: Project,
): Promise<readonly string[]> {
  const notes = await project.ledger.reports.fileNotes(document.batch);
  return notes.flatMap(({ key, state, why }) => {
    const readers = document.steps.filter(({ from }) =>
      from?.some((of) => key.startsWith(`${of}/`)),
    );
    if (state !== 'damaged' || readers.length === 0) return [];
    const steps = readers.map(({ name }) => name).join(' and ');
    return [
      `${key} is damaged (${why}), and ${steps} ${readers.length === 1 ? 'reads' : 'read'} it`,
    ];
  });
}

async function decide(
  shots: readonly PlannedShot[],
  project: Project,
  paid: Map<string, string>,
): Promise<PlannedEntry[]> {
  const known = new Map<string, Awaited<ReturnType<PlanLedger['lookup']>>>();
  for (const [account, group] of Map.groupBy(shots, (shot) => shot.account)) {
    const fingerprints = group.map((shot) => shot.fingerprint);
    known.set(account, await project.ledger.plans.lookup(account, fingerprints));
  }
  return shots.map((shot) => {
    const expected = shot.request.references.some(isExpected);
    const found = known.get(shot.account)?.get(shot.fingerprint);
    const request = `${shot.account} ${shot.fingerprint}`;
    const twin = paid.get(request);
    paid.set(request, twin ?? shot.key);
    if (found === 'cached') return { shot, expected, status: 'cached', why: 'already paid for' };
    if (twin !== undefined) return { shot, expected, status: 'cached', why: `same as ${twin}` };
    if (found === 'inFlight')
      return { shot, expected, status: 'inFlight', why: 'its job is running or undecided' };
    if (found === 'failed') return { shot, expected, status: 'retry', why: 'it failed before' };
    if (found === 'lost')
      return {
        shot,
        expected,
        status: 'retry',
        why: 'its file was lost at the vendor',
        isLost: true,
      };
    const why = expected ? 'when its source is made' : 'never made';
    return { shot, expected, status: 'new', why };
  });
}

function isExpected(reference: PlannedShot['request']['references'][number]): boolean {
  return reference.kind === 'output' && reference.submission.startsWith('expected:');
}

async function addTraining(
  shot: PlannedShot,
  loaded: LoadedBatch,
  project: Project,
  trainings: Map<string, true>,
  total: CostTable,
): Promise<void> {
  const { choice, account } = shot.request;
  if (choice.kind !== 'training') return;
  const key = `${shot.account} ${choice.set.fingerprint}`;
  if (trainings.has(key)) return;
  const model = await project.ledger.remotes.model(shot.account, choice.set.fingerprint);
  if (model?.phase === 'ready' || model?.phase === 'triggered') return;
  trainings.set(key, true);
  const spec = loaded.catalogue.get(account);
  if (spec) addCost(loaded, total, shot.account, spec.trainingPrice());
}

function addCost(
  loaded: LoadedBatch,
  table: CostTable,
  account: string,
  price: PlannedShot['price'],
): void {
  const spec = [...loaded.catalogue.values()].find((each) => each.key === account);
  const cost = table.get(account) ?? {
    account,
    name: spec?.name ?? account,
    unit: price.unit,
    amount: 0,
    basis: 'exact' as const,
    requests: 0,
    unknown: 0,
  };
  cost.requests += 1;
  if (price.amount === null) cost.unknown += 1;
  else {
    cost.amount += price.amount;
    cost.basis = weakest(cost.basis, price.basis);
  }
  table.set(account, cost);
}

function noteBilled(
  billed: Map<string, BilledPrice>,
  { request: { account: name, model }, price: { amount, unit, basis } }: PlannedShot,
): void {
  if (basis !== 'billed' || amount === null) return;
  const key = `${name} ${model}`;
  const highest = Math.max(amount, billed.get(key)?.amount ?? 0);
  billed.set(key, { name, model, unit, amount: highest });
}

/** A sum is only as certain as its least certain part. */
function weakest(a: PriceBasis, b: PriceBasis): PriceBasis {
  const order: readonly PriceBasis[] = ['exact', 'quoted', 'billed', 'assumed', 'unknown'];
  return order.indexOf(a) > order.indexOf(b) ? a : b;
}

async function doneShots(project: Project, batch: string): Promise<ReadonlyMap<string, string>> {
  const done = new Map<string, string>();
  for await (const shot of project.ledger.reports.shots(batch, { states: ['done'] }))
    done.set(shot.key, shot.fingerprint);
  return done;
}

async function savedSources(
  project: Project,
  batch: string,
  from: readonly string[],
): Promise<Map<string, SourceOutput[]>> {
  const saved = new Map<string, SourceOutput[]>();
  for await (const source of project.ledger.plans.sources(batch, from, 'all'))
    saved.set(source.shot.key, [...(saved.get(source.shot.key) ?? []), source]);
  return saved;
}

/** Replaces expected outputs with existing ones. The rest counts as if every shot succeeded. */
function* realSources(
  expected: Iterable<SourceOutput>,
  saved: ReadonlyMap<string, readonly SourceOutput[]>,
  done: ReadonlyMap<string, string>,
): Generator<SourceOutput> {
  for (const source of expected) {
    const real = done.has(source.shot.key) ? saved.get(source.shot.key) : undefined;
    yield real?.find(({ index }) => index === source.index) ?? source;
  }
}

function* slices(expanded: ReturnType<StepExpansion['shots']>): Generator<PlannedShot[]> {
  let shots: PlannedShot[] = [];
  for (const each of expanded) {
    if ('shot' in each) shots.push(each.shot);
    if (shots.length < slice) continue;
    yield shots;
    shots = [];
  }
  if (shots.length > 0) yield shots;
}

function secondsFor(loaded: LoadedBatch, total: CostTable): number {
  const times = [...total.values()].map(({ name, requests }) => {
    const account = loaded.config.accounts.get(name);
    if (!account) return 0;
    const { inFlight, perMinute } = account.limits;
    const byRate = perMinute === undefined ? 0 : (requests / perMinute) * 60;
    const byPlaces = Math.ceil(requests / inFlight) * assumedJobSeconds;
    return Math.max(byRate, byPlaces);
  });
  return Math.round(Math.max(0, ...times));
}
