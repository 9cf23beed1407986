import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { pacingOf } from '../../src/activities/throttle/pacing.ts';
import type { AccountAccess, ActivityDependencies } from '../../src/activities/dependencies.ts';
import { jumpWatchOf } from '../../src/activities/clock.ts';
import { createActivities } from '../../src/activities/index.ts';
import type { RunInput } from '../../src/activities/own-work.ts';
import { PaidCalls } from '../../src/activities/paid-calls.ts';
import type { StepPlan } from '../../src/activities/plan-step.ts';
import type { RunShotsResult } from '../../src/activities/range-runner.ts';
import { openStep } from '../../src/batch/expansion/expand.ts';
import { parseBatch } from '../../src/batch/file/parse.ts';
import { catalogueOf, offerOf } from '../../src/accounts/catalogue.ts';
import { LearnedAccounts } from '../../src/accounts/learned.ts';
import { providerOf } from '../../src/accounts/provider.ts';
import { loadConfig } from '../../src/config/config.ts';
import { openHost } from '../../src/hosting/open-host.ts';
import type { AcceptedRun } from '../../src/ledger/port.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/index.ts';
import { connectVendor } from '../../src/providers/connect.ts';
import type { Limits, Timeouts } from '../../src/providers/port.ts';
import { timeoutsOf } from '../../src/providers/timeouts.ts';
import { startSimulator, type SimulatorSettings } from '../../src/simulator/index.ts';
import { diskFiles } from '../../src/storage/disk-files.ts';
import { folderBlobs } from '../../src/storage/folder-blobs.ts';
import { type Twist, twistAnswers } from '../http/twist.ts';
import { freeze, recordingFiles } from '../../src/storage/frozen-batch.ts';
import { recovery } from '../../src/storage/recovery.ts';

const fast: Timeouts = {
  postMs: 1_000,
  imageJobMs: 20_000,
  videoJobMs: 20_000,
  trainingMs: 20_000,
  pollFirstMs: 20,
  pollMs: 60,
  trainingPollMs: 50,
  listLagMs: 1_000,
};

/** A project with a real ledger and blob store against a real simulator, all gone afterwards. */
export async function openStudio(
  settings: Partial<SimulatorSettings> = {},
  timeouts: Partial<Timeouts> = {},
  limited: Partial<Limits> = {},
  project: {
    settingsFile?: string;
    environment?: Record<string, string>;
    /** Whose work it is: the account of a vendor's own name. */
    account?: string;
    /** Changes the vendor's answers on their way. */
    twist?: Twist;
  } = {},
) {
  const { account: accountId = 'photogpt', twist } = project;
  const home = mkdtempSync(join(tmpdir(), 'shotlist-studio-'));
  writeFileSync(join(home, 'shotlist.yaml'), project.settingsFile ?? '{}');
  const simulator = await startSimulator({
    port: 0,
    jobMs: 60,
    trainingMs: 200,
    videoMs: 100,
    downloadMs: 40,
    images: 'small',
    ...settings,
  });
  const direct = simulator.baseUrls[accountId] ?? '';
  const twisted = twist && (await twistAnswers(direct, twist));
  const environment = {
    SHOTLIST_HOME: home,
    [`${accountId.toUpperCase()}_API_KEY`]: 'test-key',
    [`${accountId.toUpperCase()}_BASE_URL`]: twisted?.url ?? direct,
    ...project.environment,
  };
  const config = loadConfig(environment, home);
  const account = config.accounts.get(accountId);
  if (!account) throw new Error('no account');
  const clock = { aheadMs: 0, passedMs: 0 };
  const now = (): number => Date.now() + clock.aheadMs + clock.passedMs;
  const steadyNow = (): number => performance.now() + clock.passedMs;
  const ledger = await openSqliteLedger({ path: join(home, 'ledger.db'), now });
  const blobs = folderBlobs(join(home, 'blobs'));
  const learned = new LearnedAccounts({
    ledger: ledger.learned,
    accounts: config.accounts.values(),
  });
  const catalogue = catalogueOf(config, learned.of);
  const limits: Limits = { ...account.limits, ...limited };
  await ledger.batches.putAccounts([
    {
      account: account.key,
      project: '',
      provider: account.vendor.id,
      unit: account.vendor.unit,
      perMinute: limits.perMinute,
      inFlight: limits.inFlight,
      budget: undefined,
    },
  ]);
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const stopping = new AbortController();
  const { signal } = stopping;
  const throttle = pacingOf({ ledger, account: account.key, limits, now, log, signal });
  const access: AccountAccess = {
    name: account.name,
    key: account.key,
    keyHash: ledger.keys.hash(account.apiKey ?? '', account.baseUrl),
    limits,
    timeouts: timeoutsOf(fast, timeouts),
    provider: connectVendor(account.vendor, {
      baseUrl: account.baseUrl,
      apiKey: account.apiKey ?? '',
      settings: account.settings,
      backoff: throttle.backoff,
      pace: throttle.pace,
    }),
    host: openHost(account, config, providerOf),
    trustedOrigin: new URL(account.baseUrl).origin,
    trainingPrice: offerOf(account).trainingPrice({}),
    throttle: throttle.throttle,
    backoff: throttle.backoff,
  };
  const replanRequests: string[] = [];
  const drained: number[] = [];
  const deps: ActivityDependencies = {
    ledger,
    blobs,
    recovery: recovery(blobs, { outFolder: join(home, 'out'), folders: async () => [home] }),
    accounts: new Map([[account.key, access]]),
    lanes: new Map([
      [account.key, { name: account.name, inFlight: limits.inFlight, host: access.host?.key }],
    ]),
    catalogue,
    learned,
    now,
    steadyNow,
    paid: new PaidCalls(),
    worker: 'test',
    log,
    requestReplan: async (batch) => void replanRequests.push(batch),
    chunkDrained: async (from) => void drained.push(from),
  };

  /** Freezes a batch, accepts it whole and starts its run. */
  async function startRun(source: string, changes: Partial<AcceptedRun> = {}): Promise<RunInput> {
    const file = 'batch.yaml';
    const { document, problems } = parseBatch(source, file);
    if (!document) throw new Error(JSON.stringify(problems));
    const files = recordingFiles(diskFiles(home));
    for (const { name, from } of document.steps) {
      const expansion = openStep(document, name, { files, catalogue });
      if (expansion.problems.length > 0) throw new Error(JSON.stringify(expansion.problems));
      if ((from ?? []).length === 0)
        for (const each of expansion.shots())
          if ('problem' in each) throw new Error(each.problem.message);
    }
    const frozen = await freeze({ file, source, folder: home, recorded: files.recorded(), blobs });
    const row = await ledger.batches.startRun({
      batch: document.batch,
      frozen,
      ownerPath: join(home, file),
      project: '',
      policy: { retries: 2, paidRetries: 0, maxFailures: null, onAmbiguous: 'park' },
      budget: [],
      accepted: [{ account: account!.key, unit: account!.vendor.unit, cap: 1_000_000_000 }],
      accounts: [account!.key],
      unknownPrices: true,
      steps: document.steps.map(({ name, from, pick }) => ({ name, from: from ?? [], pick })),
      ...changes,
    });
    return { batch: document.batch, run: row.run, ledgerId: ledger.id };
  }

  let activities = createActivities(deps);
  const environmentOf = (): MockActivityEnvironment => new MockActivityEnvironment();

  const planOf = async (input: RunInput, step: string, pass: number): Promise<StepPlan> =>
    await environmentOf().run(activities.planStep, { ...input, step, pass });
  const lanesOf = async (input: RunInput, step: string) => (await planOf(input, step, 1)).lanes;

  /** Plans a step and runs its only lane whole. */
  async function runStep(input: RunInput, step: string, pass = 1) {
    const planned = await planOf(input, step, pass);
    const results: RunShotsResult[] = [];
    for (const { lane, account: key, shots } of planned.lanes)
      results.push(
        await environmentOf().run(activities.runShots, {
          ...input,
          lane,
          account: key,
          from: 0,
          to: shots,
          reportAfterMs: null,
        }),
      );
    return { planned, results };
  }

  /** The worker is gone, and another has stood by for `ms`: one that knows nothing but the ledger. */
  function restart(ms: number): void {
    const fresh = { ...deps, now: () => now() };
    jumpWatchOf(fresh).look();
    clock.passedMs += ms;
    activities = createActivities(fresh);
  }

  async function close(): Promise<void> {
    stopping.abort();
    await ledger.close();
    await simulator.close();
    rmSync(home, { recursive: true, force: true });
  }

  return {
    home,
    config,
    simulator,
    /** What came by where answers are twisted. */
    received: twisted?.received ?? [],
    /**
     * Moves the ledger's and the activities' time, not the simulator's: `passedMs` as if it had passed,
     * `aheadMs` as if the wall clock had been set.
     */
    clock,
    ledger,
    blobs,
    deps,
    access,
    get activities() {
      return activities;
    },
    restart,
    /** Ends what waits for its turn at the vendor, as a worker that stops does. */
    stopWaits: () => stopping.abort(),
    lines,
    /** Batches whose steps were to be planned again. */
    replanRequests,
    /** First positions of chunks that had nothing left to claim and were still under way. */
    drained,
    startRun,
    planOf,
    lanesOf,
    runStep,
    environmentOf,
    close,
  };
}

export type Studio = Awaited<ReturnType<typeof openStudio>>;
