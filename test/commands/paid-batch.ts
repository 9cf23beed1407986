import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ShotRequest } from '../../src/batch/request.ts';
import type { PlannedShot } from '../../src/batch/shot.ts';
import type { Ledger } from '../../src/ledger/port.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/index.ts';
import { amountFromDecimal } from '../../src/money.ts';
import { vendorById } from '../../src/providers/registry.ts';
import type { openDesk } from './desk.ts';

export type Desk = Awaited<ReturnType<typeof openDesk>>;

/** The key of the account that paid. */
export const key = { PHOTOGPT_API_KEY: 'test-key' };

const batch = (order: string): string => `\
batch: pots
steps:
  draw: { model: "photogpt:nanobanana", prompt: a pot, name: pot${order} }
`;

interface Left {
  /** Steps of the file that have not run. */
  readonly laterSteps?: string;
  /** How many files were ordered, and how many the job named; default: one. */
  readonly ordered?: number;
  readonly named?: number;
}

/**
 * Writes what a run leaves whose only job has ended, and whose files came to what `end` says. The job is real.
 */
export async function leaveBatch(
  desk: Desk,
  end: (ledger: Ledger, submission: string) => Promise<unknown>,
  { laterSteps = '', ordered = 1, named = 1 }: Left = {},
): Promise<void> {
  desk.write('pots.yaml', batch(ordered === 1 ? '' : `, outputs: ${ordered}`) + laterSteps);
  const shown = await desk.run(['plan', 'pots.yaml', '--show', 'draw/pot']);
  const reported = JSON.parse(shown.stdout) as PlannedShot & { readonly price: { amount: string } };
  const amount = amountFromDecimal(reported.price.amount, reported.price.unit);
  const shot = { ...reported, price: { ...reported.price, amount } };
  const { account, request } = shot;
  const { job, id: jobId, outputs } = await makeAtTheVendor(desk, request);
  const ledger = await openSqliteLedger({ path: join(desk.folder, '.shotlist', 'ledger.db') });
  const { submissions } = ledger;
  await ledger.batches.startRun({
    batch: 'pots',
    frozen: 'f'.repeat(64),
    ownerPath: join(desk.folder, 'pots.yaml'),
    project: '',
    policy: { retries: 0, paidRetries: 0, maxFailures: null, onAmbiguous: 'park' },
    budget: [],
    accepted: [{ account, unit: 'credits', cap: 1_000_000 }],
    accounts: [account],
    unknownPrices: false,
    steps: [{ name: 'draw', from: [], pick: 'all' }],
  });
  await ledger.plans.putShots('pots', 1, [shot]);
  const [lane] = await ledger.plans.makeLanes('pots', 1, 'draw', 1);
  const range = { batch: 'pots', run: 1, lane: lane?.lane ?? '', account, from: 0, to: 1 };
  const claim = {
    window: 1,
    postTimeoutMs: 1_000,
    worker: 'test',
    keyHash: ledger.keys.hash(key.PHOTOGPT_API_KEY, desk.simulator.baseUrls['photogpt'] ?? ''),
  };
  const id = (await ledger.claims.claim(range, claim)).granted[0]?.submission ?? '';
  await submissions.submitted(id, job, jobId, { nextPollInMs: 1, giveUpInMs: 1 });
  await submissions.succeeded(id, { outputs: outputs.slice(0, named), billed: null });
  await end(ledger, id);
  await ledger.close();
}

async function makeAtTheVendor({ simulator }: Desk, request: ShotRequest) {
  const baseUrl = simulator.baseUrls['photogpt'] ?? '';
  const vendor = vendorById('photogpt')!.connect({ baseUrl, apiKey: 'test-key', settings: {} });
  const start = { request, makes: 'image', trainedModel: undefined, references: [] } as const;
  const deadline = { sendBy: Number.MAX_SAFE_INTEGER, timeoutMs: 5_000, now: Date.now };
  const started = await vendor.start(start, deadline);
  for (;;) {
    const state = await vendor.check(started.job);
    if (state.state === 'succeeded') return { ...started, outputs: state.outputs };
    await delay(20);
  }
}
