import http from 'node:http';
import type net from 'node:net';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Backoff, type Turn } from '../../src/http/backoff.ts';
import type { JobOutput, Provider } from '../../src/providers/port.ts';
import { DrivenClock } from '../http/driven-clock.ts';
import { anyJob, startOf } from './requests.ts';
import { type Case, Stage, titledCases, vendorOf } from './stage.ts';

const dateIn = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toUTCString();

/** How vendors ask to wait, and how long they mean in seconds. */
const askings: readonly (readonly [string, () => http.OutgoingHttpHeaders, number])[] = [
  ['no Retry-After', () => ({}), 0],
  ['0', () => ({ 'retry-after': '0' }), 0],
  ['a fraction', () => ({ 'retry-after': '0.4' }), 0.4],
  ['less than nothing', () => ({ 'retry-after': '-5' }), 0],
  ['a word', () => ({ 'retry-after': 'soon' }), 0],
  ['a date that is past', () => ({ 'retry-after': dateIn(-60) }), 0],
  [
    'a date that is past by our clock and not by its own, 30 s behind',
    () => ({ date: dateIn(-30), 'retry-after': dateIn(-23) }),
    7,
  ],
  [
    'a date that lies ahead by a clock 30 s behind',
    () => ({ date: dateIn(30), 'retry-after': dateIn(37) }),
    7,
  ],
  ['an ISO date', () => ({ 'retry-after': new Date(Date.now() + 6_000).toISOString() }), 5],
  ['a date that is none', () => ({ 'retry-after': 'Wed, 99 Foo 2026 25:61:00 GMT' }), 0],
  ['a unit', () => ({ 'retry-after': '5 seconds' }), 5],
  ['two headers', () => ({ 'retry-after': ['2', '7'] }), 7],
  ['days', () => ({ 'retry-after': '999999' }), 3_600],
];

/** Every kind of free call of the port, where the vendor has it. */
function freeCalls(provider: Provider, stage: Stage): Record<string, () => Promise<unknown>> {
  const output: JobOutput = { remote: 'v', url: null, expiresAt: null };
  const { request } = startOf('z-image', { prompt: 'a fox' });
  const { train, files, upload, uploadStates, prepare, listJobs, describe: report } = provider;
  const { presets, discover, quote } = provider;
  const file = stage.file('refused', 'image', 'm');
  return {
    check: () => provider.check(anyJob),
    verify: async () => {
      if ((await provider.verify()).key !== 'good') throw new Error('refused');
    },
    ...(listJobs && { listJobs: () => listJobs(0, Date.now()) }),
    ...(report && { describe: () => report(anyJob) }),
    ...(presets && { presets }),
    ...(discover && { discover }),
    ...(quote && { quote: () => quote(request) }),
    ...(prepare && { prepare: () => prepare(output) }),
    ...(upload && { upload: async () => upload(await file) }),
    ...(uploadStates && { uploadStates: () => uploadStates(['u']) }),
    ...(files && { 'files.list': () => files.list() }),
    ...(files?.delete && { 'files.delete': () => files.delete?.('f') ?? Promise.resolve() }),
    ...(train && {
      'train.list': () => train.list(),
      'train.create': () => train.create({ name: 'Ines', subject: {} }),
      'train.addImage': async () => train.addImage('m', await file),
      'train.listImages': () => train.listImages('m', 'training'),
      'train.check': () => train.check('m'),
      'train.delete': () => train.delete('m'),
    }),
  };
}

/** Counts the calls that wait for their turn. */
class CountingBackoff extends Backoff {
  waiting = 0;

  override async free(kind: string): Promise<Turn> {
    this.waiting += 1;
    try {
      return await super.free(kind);
    } finally {
      this.waiting -= 1;
    }
  }
}

let stage: Stage;
let server: http.Server;
let headers: () => http.OutgoingHttpHeaders = () => ({});
let requests = 0;
beforeAll(async () => {
  stage = await Stage.open();
  server = http.createServer((request, response) => {
    requests += 1;
    request.resume().on('end', () => {
      response.writeHead(429, { 'content-type': 'application/json', ...headers() });
      response.end('{"error":"too many","message":"too many"}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await stage.close();
});

const callersAtOnce = 12;

/** Lets so many callers of one kind come again and again, and counts what reaches the vendor. */
async function hammer(which: Case, name: string, seconds: readonly number[]): Promise<number[]> {
  const clock = new DrivenClock();
  const stop = new AbortController();
  const backoff = new CountingBackoff({ clock, signal: stop.signal });
  const { port } = server.address() as net.AddressInfo;
  const { id, settings = {} } = which;
  const baseUrl = `http://127.0.0.1:${port}`;
  const provider = vendorOf(id).connect({ baseUrl, apiKey: 'k', settings, backoff });
  const call = freeCalls(provider, stage)[name];
  if (!call) throw new Error(name);
  let callers = 0;
  let sleeping = 0;
  const sleep = async (ms: number): Promise<void> => {
    sleeping += 1;
    await clock.sleep(ms, stop.signal);
    sleeping -= 1;
  };
  const caller = async (): Promise<void> => {
    callers += 1;
    while (!stop.signal.aborted)
      try {
        await call();
      } catch (error) {
        const { account } = provider.classify(error);
        // A caller that is told to wait for long comes back in time; all others come back at once.
        const restMs = 'retryAfterMs' in account ? account.retryAfterMs : 60_000;
        if (restMs > 60_000 || name === 'verify') await sleep(restMs);
      }
    callers -= 1;
  };
  requests = 0;
  for (let number = 0; number < callersAtOnce; number++) void caller();
  // No time passes while a call is on its way.
  const settled = async (): Promise<void> => {
    do await turn();
    while (backoff.waiting + sleeping < callers);
  };
  const counts: number[] = [];
  let passed = 0;
  for (const until of seconds) {
    await clock.advance((until - passed) * 1_000, settled);
    passed = until;
    counts.push(requests);
  }
  stop.abort();
  await settled();
  return counts;
}

describe.each(titledCases.filter(([, { variant }]) => !variant || variant.includes('dialect')))(
  '%s, refusing a call with',
  (_title, which) => {
    const names = (): string[] => {
      const { id, settings = {} } = which;
      const provider = vendorOf(id).connect({
        baseUrl: 'http://127.0.0.1:1',
        apiKey: 'k',
        settings,
      });
      return Object.keys(freeCalls(provider, stage));
    };

    it.each(askings)(
      '%s, is asked at most six times in 20 s by each kind of call, and never given up',
      async (_, asked, seconds) => {
        headers = asked;
        for (const name of names()) {
          const [at20 = 0, later = 0] = await hammer(which, name, [20, seconds > 60 ? 8_000 : 600]);
          expect(at20, name).toBeGreaterThanOrEqual(1);
          expect(at20, name).toBeLessThanOrEqual(6);
          // Two go before the first refusal; then one each time that what was asked is over.
          if (seconds >= 1) expect(at20, name).toBeLessThanOrEqual(2 + Math.floor(20 / seconds));
          expect(later, name).toBeGreaterThan(seconds > 60 ? 3 : 12);
        }
      },
    );
  },
);
