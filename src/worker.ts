import { hostname } from 'node:os';
import { Context } from '@temporalio/activity';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { catalogueOf, offerOf } from './accounts/catalogue.ts';
import { LearnedAccounts } from './accounts/learned.ts';
import { noKey } from './accounts/provider.ts';
import { type Throttle, pacingOf } from './activities/throttle/pacing.ts';
import type { AccountAccess, ActivityDependencies, LaneFacts } from './activities/dependencies.ts';
import { PaidCalls } from './activities/paid-calls.ts';
import { createActivities, type Activities } from './activities/index.ts';
import { accountTaskQueue, batchWorkflowId, commonTaskQueue } from './batch/ids.ts';
import type { AccountConfig } from './config/accounts.ts';
import type { Config } from './config/config.ts';
import { messageOf, UserError } from './errors.ts';
import { openHost } from './hosting/open-host.ts';
import type { Ledger } from './ledger/port.ts';
import { connectVendor } from './providers/connect.ts';
import type { Provider } from './providers/port.ts';
import type { Blobs } from './storage/blobs.ts';
import type { Recovery } from './storage/recovery.ts';
import { workflowBundle } from './temporal/workflow-bundle.ts';
import { chunkDrainedSignal, shotsOpenedSignal } from './workflows/messages.ts';

export interface WorkerSettings {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly blobs: Blobs;
  readonly recovery: Recovery;
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** Names of the accounts to serve; default: all that have a key. */
  readonly accounts?: readonly string[];
  /** `common`: workflows and light activities; `accounts`: work at vendors. Default: both. */
  readonly roles?: readonly WorkerRole[];
  readonly onProgress?: (line: string) => void;
  /**
   * Milliseconds from `shutdown` to the forced end of work; default: enough for every paid request
   * to be answered.
   */
  readonly forceAfterMs?: number;
}
type WorkerRole = 'common' | 'accounts';

export interface RunningWorker {
  /** Paid requests of this process that are not recorded yet: the ledger stays open until then. */
  readonly paid: PaidCalls;
  /** Serves until `shutdown`; rejects when the connection is lost for good. */
  run(): Promise<void>;
  /** Accepts no new work; POSTs under way end and are recorded. */
  shutdown(): void;
}

const shared: Partial<WorkerOptions> = {
  shutdownGraceTime: '1 second',
  // Intervals for the heartbeats of `withHeartbeat`; see heartbeatTimeout in
  // workflows/activity-options.ts.
  maxHeartbeatThrottleInterval: '2.5 seconds',
  defaultHeartbeatThrottleInterval: '2.5 seconds',
};

/** Margin after the slowest paid request: its answer is recorded, and the work around it ends. */
const forceMarginMs = 10_000;

/** Longest time that a paid request of these accounts may be on its way, plus a margin. */
export function forceAfterMs(accounts: readonly Pick<AccountConfig, 'timeouts'>[]): number {
  return Math.max(0, ...accounts.map(({ timeouts }) => timeouts.postMs)) + forceMarginMs;
}

/** Composition root: creates one Temporal worker per task queue from the configuration. */
export async function startWorker(settings: WorkerSettings): Promise<RunningWorker> {
  const { config, connection, namespace } = settings;
  const roles = settings.roles ?? ['common', 'accounts'];
  const served = servedAccounts(config, settings.accounts);
  const stopping = new AbortController();
  const deps = dependencies(settings, served, stopping.signal);
  await deps.learned.load();
  const activities = createActivities(deps);
  const shutdownForceTime = settings.forceAfterMs ?? forceAfterMs(served);
  const options = { ...shared, shutdownForceTime, connection, namespace };
  const workers: Worker[] = [];
  if (roles.includes('common')) workers.push(await commonWorker(options, activities, settings));
  if (roles.includes('accounts'))
    for (const { name } of served) workers.push(await accountWorker(options, activities, name));
  if (workers.length === 0)
    throw new UserError('this worker would have nothing to do: no account has a key', {
      next: ['set the API key of an account, or add the role common'],
    });
  return {
    paid: deps.paid,
    run: async () => {
      await Promise.all(
        workers.map((worker) =>
          worker.run().finally(() => {
            for (const other of workers) if (other.getState() === 'RUNNING') other.shutdown();
          }),
        ),
      );
    },
    shutdown: () => {
      stopping.abort();
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    },
  };
}

async function commonWorker(
  options: Partial<WorkerOptions>,
  { openRun, planStep, finishRun }: Activities,
  { config, onProgress }: WorkerSettings,
): Promise<Worker> {
  return await Worker.create({
    ...options,
    taskQueue: commonTaskQueue,
    workflowBundle: await workflowBundle(config.cacheFolder, onProgress),
    activities: { openRun, planStep, finishRun },
    maxCachedWorkflows: 200,
    // Delay before the next worker takes over the cached workflows of a dead one.
    stickyQueueScheduleToStartTimeout: '5 seconds',
    maxConcurrentActivityTaskExecutions: 20,
  });
}

/** Chunks mostly wait for the vendor, so many can run at once; only the ledger limits the requests. */
async function accountWorker(
  options: Partial<WorkerOptions>,
  { trainModel, awaitModel, uploadReferences, runShots }: Activities,
  account: string,
): Promise<Worker> {
  return await Worker.create({
    ...options,
    taskQueue: accountTaskQueue(account),
    activities: { trainModel, awaitModel, uploadReferences, runShots },
    maxConcurrentActivityTaskExecutions: 100,
  });
}

function servedAccounts(
  config: Config,
  names: readonly string[] | undefined,
): readonly AccountConfig[] {
  for (const name of names ?? []) {
    const account = config.accounts.get(name);
    if (!account) throw new UserError(`there is no account named ${name}`);
    if (account.apiKey === undefined) throw noKey(account);
  }
  return [...config.accounts.values()].filter(
    ({ name, apiKey }) => apiKey !== undefined && (names?.includes(name) ?? true),
  );
}

function dependencies(
  { config, ledger, blobs, recovery, onProgress }: WorkerSettings,
  served: readonly AccountConfig[],
  stopping: AbortSignal,
): ActivityDependencies {
  const log = onProgress ?? (() => undefined);
  const throttles = new Map<string, Throttle>();
  const throttle = ({ key, limits }: AccountConfig): Throttle => {
    const known = throttles.get(key);
    if (known) return known;
    const made = pacingOf({ ledger, account: key, limits, now: Date.now, log, signal: stopping });
    throttles.set(key, made);
    return made;
  };
  const accounts = new Map<string, AccountAccess>();
  for (const account of served)
    accounts.set(account.key, accessTo(account, { config, ledger, throttle }));
  const lanes = [...config.accounts.values()].map(
    (account) => [account.key, laneOf(account, config)] as const,
  );
  const learned = new LearnedAccounts({
    ledger: ledger.learned,
    accounts: config.accounts.values(),
    provider: ({ key }) => accounts.get(key)?.provider,
  });
  return {
    ledger,
    blobs,
    recovery,
    accounts,
    lanes: new Map(lanes),
    catalogue: catalogueOf(config, learned.of),
    learned,
    now: Date.now,
    steadyNow: () => performance.now(),
    paid: new PaidCalls(),
    worker: `${hostname()}/${process.pid}`,
    log,
    requestReplan: (batch) => requestReplan(batch, onProgress),
    chunkDrained: (from) => chunkDrained(from, onProgress),
  };
}

/** Best effort: a run checks for open shots once more before it ends. */
async function requestReplan(batch: string, log?: (line: string) => void): Promise<void> {
  try {
    const handle = Context.current().client.workflow.getHandle(batchWorkflowId(batch));
    await handle.signal(shotsOpenedSignal);
  } catch (error) {
    log?.(`${batch} could not be notified of a late answer: ${messageOf(error)}`);
  }
}

async function chunkDrained(from: number, log?: (line: string) => void): Promise<void> {
  try {
    const { client, info } = Context.current();
    const { workflowId, runId } = info.workflowExecution ?? {};
    if (workflowId === undefined) return;
    await client.workflow.getHandle(workflowId, runId).signal(chunkDrainedSignal, from);
  } catch (error) {
    log?.(`the workflow of a chunk could not be notified that it is drained: ${messageOf(error)}`);
  }
}

function laneOf(account: AccountConfig, config: Config): LaneFacts {
  const { name, limits } = account;
  return { name, inFlight: limits.inFlight, host: openHost(account, config, () => undefined)?.key };
}

/** One throttle for all connections of an account, including those that host files for other accounts. */
type Throttles = (account: AccountConfig) => Throttle;

function accessTo(
  account: AccountConfig,
  {
    config,
    ledger,
    throttle,
  }: { readonly config: Config; readonly ledger: Ledger; readonly throttle: Throttles },
): AccountAccess {
  const { name, key, apiKey = '', baseUrl, limits, timeouts, prices } = account;
  return {
    name,
    key,
    keyHash: ledger.keys.hash(apiKey, baseUrl),
    limits,
    timeouts,
    provider: connect(account, throttle),
    host: openHost(account, config, (other) =>
      other.apiKey === undefined ? undefined : connect(other, throttle),
    ),
    trustedOrigin: new URL(baseUrl).origin,
    trainingPrice: offerOf(account).trainingPrice(prices),
    throttle: throttle(account).throttle,
    backoff: throttle(account).backoff,
  };
}

function connect(account: AccountConfig, throttle: Throttles): Provider {
  const { vendor, baseUrl, apiKey = '', settings } = account;
  const { backoff, pace } = throttle(account);
  return connectVendor(vendor, { baseUrl, apiKey, settings, backoff, pace });
}
