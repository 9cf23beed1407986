import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import type net from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { UserError } from '../../src/errors.ts';
import {
  HttpError,
  NetworkError,
  NotOkError,
  PaceError,
  ResponseShapeError,
  TimeoutError,
} from '../../src/http/errors.ts';
import type { Ledger } from '../../src/ledger/port.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/index.ts';
import type { ModelSpec } from '../../src/batch/model-spec.ts';
import { nothingLearned, type Provider, type StartRequest } from '../../src/providers/port.ts';
import { IncompleteListError } from '../../src/providers/lists.ts';
import { billedAmount, opaqueId, timeOf } from '../../src/providers/fields.ts';
import {
  account,
  accountSettings,
  claimOne,
  everything,
  plannedShot,
  startBatch,
  times,
} from '../ledger/fixture.ts';
import { failure, serve } from '../http/server.ts';
import { anyJob, openDeadline, smallest } from './requests.ts';
import { Client, Stage, titledCases, vendorOf } from './stage.ts';

/** As JSON may write them. */
const odd = fc.oneof(
  fc.constantFrom(
    ...['1e400', '-1e400', '1e308', '1e21', '-0', '0', '-1', '0.25', '1e-9', '1767225600'],
    ...['1767225600000.25', '1767225600.5', '9007199254740993', '12345678901234567890', '1e15'],
    ...['null', '"NaN"', '"Infinity"', '"-5"', '"0.25"', '"1767225600000.25"', '"0x10"', '""'],
    ...['" 7 "', '"1e400"', '"2026-01-01"', '"2026-01-01T00:00:00"', '"0001-01-01T00:00:00Z"'],
    ...['"+275760-09-13T00:00:00Z"', '"soon"', 'true', '[]', '{}'],
  ),
  fc.double({ noNaN: true }).map((value) => JSON.stringify(value)),
  fc.string({ maxLength: 8 }).map((value) => JSON.stringify(value)),
);

/** What of the next answer is changed: the leaf of that number, counted round. */
interface Twist {
  readonly leaf: number;
  readonly raw: string;
}

/** A proxy before the simulator: it changes one number, or what may be one, of each answer. */
class TwistingProxy {
  readonly #server: http.Server;
  twist: Twist | undefined;

  private constructor(target: string) {
    this.#server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        const sent = { ...headers, host: new URL(target).host, connection: 'close' };
        const onward = http.request(`${target}${url}`, { method, headers: sent }, (given) => {
          const parts: Buffer[] = [];
          given.on('data', (part: Buffer) => parts.push(part));
          given.on('end', () => {
            response.writeHead(given.statusCode ?? 500, { 'content-type': 'application/json' });
            response.end(twisted(Buffer.concat(parts).toString('utf8'), this.twist));
          });
        });
        onward.end(Buffer.concat(chunks));
      });
    });
  }

  static async open(target: string): Promise<TwistingProxy> {
    const proxy = new TwistingProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as net.AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const mark = '@twist@';
const mayBeNumber =
  /at$|credit|token|cost|price|usd|balance|wait|retry|until|size|progress|status/i;

function twisted(body: string, twist: Twist | undefined): string {
  if (!twist) return body;
  try {
    let count = 0;
    const isLeaf = (name: string, value: unknown): boolean =>
      typeof value === 'number' ||
      (typeof value === 'string' && value !== '' && Number.isFinite(Number(value))) ||
      (mayBeNumber.test(name) && (value === null || typeof value === 'string'));
    const value = JSON.parse(body) as unknown;
    JSON.stringify(value, (name, one: unknown) => (isLeaf(name, one) ? (count++, one) : one));
    let index = 0;
    const marked = JSON.stringify(value, (name, one: unknown) =>
      isLeaf(name, one) && index++ === twist.leaf % count ? mark : one,
    );
    return marked.replace(`"${mark}"`, () => twist.raw);
  } catch {
    return body;
  }
}

const documented = [
  HttpError,
  IncompleteListError,
  NetworkError,
  NotOkError,
  PaceError,
  ResponseShapeError,
  TimeoutError,
  UserError,
];

/** What the call answers; undefined where it fails as the port says it may. */
async function answerOf<T>(call: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    expect(
      documented.some((kind) => error instanceof kind),
      String(error),
    ).toBe(true);
    return undefined;
  }
}

let stage: Stage;
let folder: string;
let ledger: Ledger;
let batches = 0;
beforeAll(async () => {
  stage = await Stage.open();
  folder = await mkdtemp(join(tmpdir(), 'shotlist-numbers-'));
  ledger = await openSqliteLedger({ path: join(folder, 'ledger.db') });
  // Jobs of earlier cases stay in flight.
  await ledger.batches.putAccounts([accountSettings({ inFlight: 100_000 })]);
});
afterAll(async () => {
  await ledger.close();
  await stage.close();
  await rm(folder, { recursive: true });
});

const whole = (value: number | null | undefined): void => {
  if (value === null || value === undefined) return;
  expect(Number.isSafeInteger(value), String(value)).toBe(true);
};

/** Every free call once, and what it tells in the ledger. */
async function learnAll(provider: Provider): Promise<void> {
  const verified = await provider.verify();
  whole(verified.balance);
  if (verified.balance !== null) {
    const balance = { account, run: 1, moment: 'start', amount: verified.balance } as const;
    await ledger.batches.noteBalance(`b${batches}`, balance);
    const [noted] = await ledger.reports.balances(`b${batches}`);
    expect(noted?.amount).toBe(verified.balance);
  }
  for (const { createdAt } of (await answerOf(provider.files?.list()))?.entries ?? [])
    whole(createdAt);
  for (const { createdAt } of (await answerOf(provider.train?.list()))?.entries ?? [])
    whole(createdAt);
  const models = await answerOf(provider.discover?.());
  if (models !== undefined) await ledger.learned.putModels(account, models);
  const now = Date.now();
  for (const { createdAt, billed, id } of (
    await answerOf(provider.listJobs?.(now - 60_000, now + 60_000))
  )?.entries ?? []) {
    whole(createdAt);
    whole(billed);
    if (billed !== null) await ledger.submissions.noteListed(account, [{ jobId: id, billed }]);
  }
}

/** One request from its claim to its end, as the ledger writes it down. */
async function make(provider: Provider, start: StartRequest, spec: ModelSpec): Promise<void> {
  const shot = plannedShot(0, { fingerprint: `fp-${batches}`, makes: spec.makes });
  // A bill of an earlier case is the price of this one, whatever its size.
  const accepted = [{ account, unit: 'credits', cap: Number.MAX_SAFE_INTEGER } as const];
  const range = await startBatch(ledger, `b${batches}`, [shot], { accepted });
  // A bill above its price has shut the account.
  await ledger.batches.clearBlocks(`b${batches}`);
  const submission = await claimOne(ledger, range);
  const quoted = await answerOf(provider.quote?.(start.request));
  if (quoted && 'amount' in quoted) {
    whole(quoted.amount);
    await ledger.learned.putQuotes(account, [{ key: 'q', amount: quoted.amount }]);
  }
  const started = await answerOf(provider.start(start, openDeadline));
  if (!started) return;
  const { job, id } = started;
  await ledger.submissions.submitted(submission, job, `${id} ${batches}`, times);
  const state = await answerOf(provider.check(job));
  if (state?.state === 'succeeded') await ledger.submissions.succeeded(submission, state);
  if (state?.state === 'failed') await ledger.submissions.failed(submission, state);
  const [row] = await everything(ledger.reports.submissions(`b${batches}`));
  for (const amount of [row?.billed, row?.spent, row?.reserved]) whole(amount);
  const output = await ledger.remotes.output(submission, 0);
  whole(output?.expiresAt);
}

describe.each(titledCases)('%s', (_title, which) => {
  it('may write any number anywhere: none breaks a call, and none reaches the ledger but whole', async () => {
    const { id, settings = {} } = which;
    const prepared = await Client.open(stage, which);
    const proxy = await TwistingProxy.open(stage.simulator.url);
    const base = (stage.simulator.baseUrls[id] ?? '').replace(stage.simulator.url, proxy.url);
    const provider = vendorOf(id).connect({
      baseUrl: base,
      apiKey: `${id}-contract`,
      settings: { ...settings, outputLifetime: '24h' },
    });
    const { models } = vendorOf(id).offer(settings, nothingLearned);
    const spec = models.find(({ makes, trained }) => makes === 'image' && !trained);
    if (!spec) throw new Error('no model');
    const start = await prepared.startFor(spec, smallest(spec), spec.references.min);
    try {
      await fc.assert(
        fc.asyncProperty(fc.nat(40), odd, async (leaf, raw) => {
          batches++;
          proxy.twist = { leaf, raw };
          await make(provider, start, spec);
          await learnAll(provider);
        }),
        { numRuns: 60, endOnFailure: true },
      );
    } finally {
      proxy.close();
    }
  });
});

describe('a number that names a job', () => {
  it.each(['12345678901234567890', '9007199254740993'])('keeps all its digits: %s', async (id) => {
    const { url } = await serve((_, response) =>
      response.end(`{"inferenceJobId":${id},"other":[${id}]}`),
    );
    const provider = vendorOf('wonda').connect({ baseUrl: url, apiKey: 'k', settings: {} });
    const start = { request: { prompt: 'x', model: 'z-image', options: {} }, references: [] };
    expect((await provider.start(start as unknown as StartRequest, openDeadline)).id).toBe(id);
  });

  it.each([1.5, Infinity, 1e21, NaN])('is none when it is %d', (value) => {
    expect(opaqueId.safeParse(value).success).toBe(false);
  });
});

describe('a time', () => {
  const at = Date.UTC(2026, 0, 1);
  it.each([
    [at + 0.25, at],
    [at / 1_000, at],
    [String(at), at],
    ['2026-01-01T00:00:00Z', at],
    ['2026-01-01T00:00:00', at],
    ['2026-01-01 00:00:00.25', at + 250],
    ['2026-01-01T02:00:00+02:00', at],
    ['0001-01-01T00:00:00Z', undefined],
    [-1, undefined],
    [1e300, undefined],
    [Infinity, undefined],
    [null, undefined],
    ['soon', undefined],
  ])('%j is %j', (written, meant) => expect(timeOf(written)).toBe(meant));
});

describe('an amount', () => {
  it.each([
    [2.5, 2_500],
    ['2.5', 2_500],
    [0.000_4, 0],
    [0.000_6, 1],
    ['1e1', 10_000],
    [1e300, null],
    [1e12, null],
    [-1, null],
    [Infinity, null],
    ['0x10', null],
    ['', null],
    [true, null],
    [undefined, null],
  ])('%j is %j thousandths of a credit', (reported, amount) =>
    expect(billedAmount(reported, 'credits')).toBe(amount),
  );
});

describe('a wait', () => {
  it.each(['1767225600000.25', '2.5', '1e400', '-3', '"0.25"', '"1e9"'])(
    'that a refusal asks for by %s is a whole number of milliseconds',
    async (raw) => {
      const body = `{"error":{"code":"throttled","message":"no","retry_after":${raw},"deferUntil":${raw}}}`;
      for (const id of ['wonda', 'productai', 'photogpt', 'gptimage2api'] as const) {
        const { url } = await serve((_, response) => {
          response.writeHead(429, { 'retry-after': raw.replaceAll('"', '') }).end(body);
        });
        const provider = vendorOf(id).connect({ baseUrl: url, apiKey: 'k', settings: {} });
        const { account: reported } = provider.classify(await failure(provider.check(anyJob)));
        if (reported.kind !== 'limited') throw new Error(reported.kind);
        expect(Number.isSafeInteger(reported.retryAfterMs ?? 0)).toBe(true);
      }
    },
  );
});
