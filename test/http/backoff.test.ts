import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { Backoff, type Outcome, type Refusal } from '../../src/http/backoff.ts';
import { PaceError } from '../../src/http/errors.ts';
import { DrivenClock } from './driven-clock.ts';

const second = 1_000;
const limited = (askedMs = 0): Outcome => ({ failure: 'limited', askedMs });
const down: Outcome = { failure: 'unreachable', askedMs: 0 };
const gateway: Outcome = { ...down, mayPass: true };

let clock: DrivenClock;
let stop: AbortController;
let refusals: Refusal[];
let backoff: Backoff;
beforeEach(() => {
  clock = new DrivenClock();
  stop = new AbortController();
  refusals = [];
  backoff = new Backoff({
    clock,
    signal: stop.signal,
    onRefusal: async (refusal) => void refusals.push(refusal),
  });
});

/** Calls that come again at once whatever happens to them; answers the seconds at which they went. */
function callers(kind: string, count: number, answer: (at: number) => Outcome): number[] {
  const times: number[] = [];
  const call = async (): Promise<void> => {
    for (;;) {
      const admitted = await backoff.free(kind);
      times.push(clock.now() / second);
      await turn();
      await admitted.end(answer(clock.now()));
    }
  };
  for (let number = 0; number < count; number++) call().catch(() => undefined);
  return times;
}

/** Until nothing happens any more without time. */
const settled = async (): Promise<void> => {
  for (let turns = 0; turns < 20; turns++) await turn();
};
const pass = (seconds: number): Promise<void> => clock.advance(seconds * second, settled);

describe('free calls that are refused', () => {
  it('go one at a time, after waits that double up to a minute', async () => {
    const times = callers('GET jobs', 100, () => limited());
    await pass(400);
    // Two were on their way together; one more shows whether the limit persists.
    expect(times).toEqual([0, 0, 0, 2, 6, 14, 30, 62, 122, 182, 242, 302, 362]);
  });

  it('are not waited for where one alone is refused for a moment', async () => {
    const end = async (outcome: Outcome) => (await backoff.free('GET jobs')).end(outcome);
    for (let number = 0; number < 5; number++) {
      await end(limited(second));
      await pass(0.01);
      expect(await end('answered')).toBeUndefined();
    }
    expect(clock.now()).toBeLessThan(second);
    expect(refusals.every(({ ms, accountMs }) => ms === 0 && accountMs === 0)).toBe(true);
  });

  it('are not waited for where several that were on their way together are refused', async () => {
    const open = (count: number) =>
      Promise.all(Array.from({ length: count }, () => backoff.free('GET jobs')));
    for (let number = 0; number < 20; number++)
      for (const turn of await open(2)) await turn.end('answered');
    for (const turn of await open(8)) {
      expect(await turn.end(limited(second))).toBe(second);
      await pass(0.01);
    }
    const probe = await backoff.free('GET jobs');
    expect(clock.now()).toBeLessThan(second);
    expect(refusals.every(({ ms, accountMs }) => ms === 0 && accountMs === 0)).toBe(true);
    // The next one alone, and then what a second refusal in a row means.
    expect(await probe.end(limited(second))).toBe(2 * second);
    expect(refusals.at(-1)).toMatchObject({ ms: 2 * second, accountMs: second });
  });

  it('wait for as long as is asked, where that is longer', async () => {
    const times = callers('GET jobs', 100, (at) => limited(at < 20 * second ? 7 * second : 0));
    await pass(60);
    expect(times).toEqual([0, 0, 7, 14, 21, 29, 45]);
  });

  it('hold the other kinds back as well, until one is answered', async () => {
    callers('GET jobs', 20, () => limited());
    await settled();
    const others = callers('GET models', 20, () => 'answered');
    await pass(0.9);
    expect(others).toEqual([]);
    await pass(0.2);
    expect(others.length).toBeGreaterThan(0);
  });

  it('come ever less often, although those of other kinds are answered', async () => {
    const refused = callers('POST images', 50, () => limited());
    let answered = 0;
    const poll = async (): Promise<void> => {
      for (;;) {
        const admitted = await backoff.free('GET jobs');
        await admitted.end('answered');
        answered += 1;
        await clock.sleep(100, stop.signal);
      }
    };
    for (let number = 0; number < 10; number++) void poll().catch(() => undefined);
    await pass(20);
    expect(refused.length).toBeLessThanOrEqual(6);
    expect(answered).toBeGreaterThan(500);
    stop.abort();
  });

  it('go on as before after a success, few at first', async () => {
    let isRefusing = true;
    let most = 0;
    let now = 0;
    const call = async (): Promise<void> => {
      for (;;) {
        const admitted = await backoff.free('GET jobs');
        most = Math.max(most, ++now);
        await turn();
        now -= 1;
        if (!isRefusing) await clock.sleep(10, stop.signal);
        await admitted.end(isRefusing ? limited() : 'answered');
      }
    };
    for (let number = 0; number < 100; number++) call().catch(() => undefined);
    await pass(10);
    expect(most).toBe(2);
    isRefusing = false;
    await pass(10);
    expect(most).toBe(16);
    stop.abort();
  });

  it('are not let go by the answer to what was sent before the refusal', async () => {
    const slow = await backoff.free('GET jobs');
    const quick = await backoff.free('GET jobs');
    await quick.end(limited());
    await slow.end('answered');
    const times = callers('GET jobs', 1, () => limited());
    await pass(2);
    expect(times).toEqual([0, 2]);
  });

  it('fail instead of waiting for longer than a minute, and say how long', async () => {
    const first = await backoff.free('GET jobs');
    expect(await first.end(limited(90 * second))).toBe(90 * second);
    const refused = await backoff.free('GET jobs').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(PaceError);
    expect(refused).toMatchObject({ waitMs: 90 * second });
    await pass(31);
    const late = backoff.free('GET jobs').then(() => clock.now() / second);
    await pass(60);
    expect(await late).toBe(90);
  });

  it('end their wait when the process stops', async () => {
    const first = await backoff.free('GET jobs');
    await first.end(limited(30 * second));
    const waiting = backoff.free('GET jobs').catch((error: unknown) => error);
    await settled();
    stop.abort();
    expect(await waiting).toMatchObject({ message: 'not sent: this process is stopping' });
    expect(clock.nextMs).toBeUndefined();
  });
});

describe('an outage', () => {
  it('is waited for up to five minutes at a time', async () => {
    const times = callers('GET jobs', 50, () => down);
    await pass(60);
    expect(times).toEqual([0, 0, 1, 3, 7, 15, 31]);
    expect(refusals.at(-1)).toMatchObject({ failure: 'unreachable', accountMs: 32 * second });
    for (let failure = 0; failure < 10; failure++) {
      const { accountMs = 0 } = refusals.at(-1) ?? {};
      await pass(accountMs / second);
      // Longer waits fail the calls that wait; each comes again when it is over.
      callers('GET jobs', 1, () => down);
      await settled();
    }
    expect(refusals.at(-1)).toMatchObject({ accountMs: 300 * second });
  });

  it('is none when a gateway answers once, and one when it answers twice in a row', async () => {
    const end = async (outcome: Outcome) => (await backoff.free('GET jobs')).end(outcome);
    expect(await end(gateway)).toBe(second);
    expect(await end('answered')).toBeUndefined();
    expect(await end(gateway)).toBe(second);
    expect(refusals).toEqual([]);
    await end(gateway);
    expect(refusals).toMatchObject([{ failure: 'unreachable', accountMs: second }]);
  });

  it('fails the calls of whoever does not want to wait for it', async () => {
    backoff = new Backoff({ clock, patienceMs: { limited: 5 * second, unreachable: 0 } });
    await (await backoff.free('GET jobs')).end(down);
    await expect(backoff.free('GET jobs')).rejects.toBeInstanceOf(PaceError);
    await pass(1);
    await (await backoff.free('GET jobs')).end('answered');
    await (await backoff.free('GET jobs')).end(limited(4 * second));
    const waited = backoff.free('GET jobs').then(() => clock.now() / second);
    await pass(5);
    expect(await waited).toBe(5);
  });

  it('is named with its last failure where a call does not wait for it', async () => {
    backoff = new Backoff({ clock, patienceMs: { limited: 5 * second, unreachable: 0 } });
    await (await backoff.free('GET jobs')).end({ ...down, said: 'could not connect' });
    await pass(1);
    await (await backoff.free('GET jobs')).end({ ...down, said: 'no route' });
    await expect(backoff.free('GET jobs')).rejects.toMatchObject({
      failure: 'unreachable',
      message: 'not sent: the vendor cannot be reached, for 1 s now (no route); tried again in 2 s',
    });
  });

  it('is not waited for once a person asks, unless the vendor requested the wait', async () => {
    for (const accountMs of [1, 2, 4].map((seconds) => seconds * second)) {
      const turn = backoff.free('GET jobs');
      backoff.tryNow();
      await (await turn).end(down);
      // Each try that fails makes the usual wait longer.
      expect(refusals.at(-1)).toMatchObject({ accountMs });
      await pass(0.1);
    }
    expect(backoff.isWaiting).toBe(true);
    const turn = backoff.free('GET jobs');
    backoff.tryNow();
    await (await turn).end({ ...down, askedMs: 40 * second });
    const times = callers('GET jobs', 1, () => 'answered');
    backoff.tryNow();
    await pass(60);
    expect(Math.round(times[0] ?? 0)).toBe(40);
  });

  it('goes on where its probe gets no answer', async () => {
    const times = callers('GET jobs', 10, (at) => (at === 0 ? down : 'silent'));
    await pass(16);
    expect(times).toEqual([0, 0, 1, 3, 7, 15]);
  });

  it('is not made of one call without an answer', async () => {
    const silent = await backoff.free('GET jobs');
    expect(await silent.end('silent')).toBeUndefined();
    const times = callers('GET jobs', 1, () => limited());
    await settled();
    expect(times).toEqual([0, 0]);
  });
});

describe('paid calls', () => {
  it('go at once, and tell how long nothing is claimed', async () => {
    const waits: unknown[] = [];
    for (const about of ['fox', 'fox', 'hen']) {
      const waitMs = (await backoff.paid(about).end(limited())) ?? 0;
      waits.push(waitMs);
      await pass(waitMs / second);
    }
    expect(waits).toEqual([1, 2, 4].map((seconds) => seconds * second));
    expect(refusals.map(({ accountMs, about, ms }) => [accountMs, about, ms])).toEqual([
      [0, 'fox', 0],
      [2_000, 'fox', 2_000],
      [4_000, 'hen', 1_000],
    ]);
  });

  it('that were on their way together are one refusal', async () => {
    const together = Array.from({ length: 4 }, () => backoff.paid('fox'));
    for (const turn of together) expect(await turn.end(limited(second))).toBe(second);
    expect(refusals.every(({ ms, accountMs }) => ms === 0 && accountMs === 0)).toBe(true);
    expect(await backoff.paid('fox').end(limited(second))).toBe(2 * second);
  });

  it('of one model come ever less often, although those of another are answered', async () => {
    const waits: (number | undefined)[] = [];
    for (let number = 0; number < 5; number++) {
      await backoff.paid('hen').end('answered');
      const refused = backoff.paid('fox');
      waits.push(await refused.end(limited()));
      await pass((waits.at(-1) ?? 0) / second);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16].map((seconds) => seconds * second));
    expect(refusals.map(({ accountMs }) => accountMs)).toEqual([0, ...Array(4).fill(second)]);
  });

  it('that are refused hold free calls back, and free ones that are refused hold claims back', async () => {
    await backoff.paid('fox').end(limited(3 * second));
    const times = callers('GET jobs', 5, (at) => limited(at < 4 * second ? 9 * second : 0));
    await pass(5);
    expect(times).toEqual([3]);
    expect(refusals.map(({ accountMs }) => accountMs)).toEqual([3 * second, 9 * second]);
    expect(refusals[1]?.about).toBeUndefined();
  });
});

it('an error keeps what was decided when it came', () => {
  const error = new Error('429');
  backoff.remember(error, 7);
  expect([backoff.decided(error), backoff.decided(new Error('429'))]).toEqual([7, undefined]);
});
