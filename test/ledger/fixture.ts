import type { ShotRequest } from '../../src/batch/request.ts';
import type { PlannedShot } from '../../src/batch/shot.ts';
import type {
  AcceptedRun,
  AccountSettings,
  ClaimOptions,
  Ledger,
  Range,
} from '../../src/ledger/port.ts';

export const account = 'acme@https://api.example.test';
export const keyHash = 'key-1';
export const options: ClaimOptions = {
  window: 100,
  postTimeoutMs: 60_000,
  worker: 'test',
  keyHash,
};
export const times = { nextPollInMs: 1_000, giveUpInMs: 600_000 };
const unlimited = 1_000_000_000;

export function accountSettings(changes: Partial<AccountSettings> = {}): AccountSettings {
  return {
    account,
    project: '',
    provider: 'acme',
    unit: 'credits',
    perMinute: undefined,
    inFlight: 1_000,
    budget: undefined,
    ...changes,
  };
}

export function acceptedRun(batch: string, changes: Partial<AcceptedRun> = {}): AcceptedRun {
  return {
    batch,
    frozen: 'f'.repeat(64),
    ownerPath: `/files/${batch}.yaml`,
    project: '',
    policy: { retries: 1, paidRetries: 0, maxFailures: null, onAmbiguous: 'park' },
    budget: [],
    accepted: [{ account, unit: 'credits', cap: unlimited }],
    accounts: [account],
    unknownPrices: false,
    steps: [{ name: 'one', from: [], pick: 'all' }],
    ...changes,
  };
}

export function plannedShot(number: number, changes: Partial<PlannedShot> = {}): PlannedShot {
  const step = changes.step ?? 'one';
  const name = changes.name ?? `shot-${String(number).padStart(4, '0')}`;
  const request: ShotRequest = {
    account: 'acme',
    model: 'quick',
    choice: { kind: 'public', id: 'quick' },
    prompt: `image ${number}`,
    options: {},
    references: [],
  };
  return {
    key: `${step}/${name}`,
    step,
    name,
    folded: name,
    ordinal: number,
    take: 1,
    account,
    fingerprint: `fp-${number}`,
    request,
    price: { amount: 1_000, unit: 'credits', basis: 'exact' },
    makes: 'image',
    writtenModel: 'acme:quick',
    variables: {},
    origin: `rows.csv:${number + 2}`,
    ...changes,
  };
}

export const plannedShots = (count: number, changes: Partial<PlannedShot> = {}) =>
  Array.from({ length: count }, (_, number) => plannedShot(number, changes));

export const file = (sha256: string) => ({
  sha256,
  bytes: 10,
  mime: 'image/png',
  width: 1,
  height: 1,
});
export const oneOutput = {
  outputs: [{ remote: null, url: 'https://files.example.test/a', expiresAt: null }],
  billed: null,
};

/** Starts a run of these shots of step `one` and answers the range of its whole lane. */
export async function startBatch(
  ledger: Ledger,
  batch: string,
  shots: readonly PlannedShot[],
  changes: Partial<AcceptedRun> = {},
): Promise<Range> {
  const { run } = await ledger.batches.startRun(acceptedRun(batch, changes));
  await ledger.plans.putShots(batch, run, shots);
  await ledger.plans.retireOthers(batch, run, 'one');
  const lanes = await ledger.plans.makeLanes(batch, run, 'one', 1);
  const lane = lanes[0];
  return { batch, run, lane: lane?.lane ?? 'none', account, from: 0, to: lane?.shots ?? 0 };
}

/** Claims the range's first grant. */
export async function claimOne(
  ledger: Ledger,
  range: Range,
  changes: Partial<ClaimOptions> = {},
): Promise<string> {
  const { granted, next } = await ledger.claims.claim(range, { ...options, window: 1, ...changes });
  const grant = granted[0];
  if (!grant) throw new Error(`nothing was granted: ${JSON.stringify(next)}`);
  return grant.submission;
}

export async function finish(ledger: Ledger, submission: string, sha256 = submission) {
  await ledger.submissions.submitted(submission, { id: submission }, `job-${submission}`, times);
  await ledger.submissions.succeeded(submission, oneOutput);
  await ledger.submissions.saveOutput(submission, 0, file(sha256));
}

export async function money(ledger: Ledger, batch: string) {
  const status = await ledger.reports.status(batch);
  const found = status?.accounts.find((of) => of.account === account);
  if (!found) throw new Error(`no money in ${batch}`);
  const { reserved, spent, refunded, ambiguous } = found;
  return { reserved, spent, refunded, ambiguous };
}

export async function everything<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The same where gaps are asked about first: the list shows that nothing was sent in any. */
export async function claimPastGaps(ledger: Ledger, range: Range): Promise<string> {
  for (;;) {
    const { granted, bound } = await ledger.claims.claim(range, options);
    const [grant] = granted;
    if (grant) return grant.submission;
    if (bound === 0) throw new Error('nothing was granted, and nothing is asked about');
    const { ambiguous } = await ledger.submissions.due(range, {
      leaseMs: 1,
      limit: 9,
      settleMs: 0,
    });
    for (const { submission } of ambiguous) await ledger.submissions.absent(submission, keyHash);
  }
}
