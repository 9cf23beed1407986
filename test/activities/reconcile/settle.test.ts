import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { settleParked } from '../../../src/activities/orphans.ts';
import type { AccountAccess } from '../../../src/activities/dependencies.ts';
import { noLane } from '../../../src/ledger/rules/lane-name.ts';
import { AccountThrottle } from '../../../src/activities/throttle/account-throttle.ts';
import { settleTimes } from '../../../src/activities/reconcile/settle.ts';
import type { StartRequest } from '../../../src/providers/port.ts';
import { usualTimeouts } from '../../../src/providers/timeouts.ts';
import type { Fault } from '../../../src/simulator/index.ts';
import type { Twist } from '../../http/twist.ts';
import { openStudio, type Studio } from '../studio.ts';

const paidRequest = { method: 'POST', path: '/images/generation' };

const fox: StartRequest = {
  request: {
    account: 'photogpt',
    model: 'nanobanana',
    choice: { kind: 'public', id: 'nanobanana' },
    prompt: 'a fox in the snow',
    options: {},
    references: [],
  },
  makes: 'image',
  trainedModel: undefined,
  references: [],
};

/** Runs a step all of whose requests reach the vendor and whose answers are lost. */
async function statesAfterLostAnswers(
  step: string,
  before?: (studio: Studio) => Promise<void>,
): Promise<readonly string[]> {
  return (await run(step, [{ kind: 'reset-after', match: paidRequest }], before)).states;
}

interface Setting {
  readonly revealing?: boolean;
  readonly imageJobMs?: number;
  readonly twist?: Twist;
}

const batchWith = (step: string): string => `batch: lost
steps:
  draw:
    model: photogpt:nanobanana
${step}`;

async function run(
  step: string,
  faults: readonly Fault[],
  before: (studio: Studio) => Promise<void> = async () => undefined,
  { revealing = true, imageJobMs = 3_000, twist }: Setting = {},
): Promise<{
  readonly states: readonly string[];
  readonly accepted: number;
  readonly whys: readonly (string | null)[];
}> {
  const studio = await openStudio(
    { revealing, faults: [...faults] },
    { postMs: 300, imageJobMs },
    {},
    twist && { twist },
  );
  try {
    await before(studio);
    const input = await studio.startRun(batchWith(step));
    await studio.runStep(input, 'draw');
    const states: string[] = [];
    const whys: (string | null)[] = [];
    for await (const { state, why } of studio.ledger.reports.shots(input.batch)) {
      states.push(state);
      if (state === 'parked') whys.push(why);
    }
    return { states, whys, accepted: studio.simulator.book.accepted.length };
  } finally {
    await studio.close();
  }
}

/** Lookups of about the same time share a list. */
const shareMs = 2_000;

describe('the time after which the fate of a request is looked for', () => {
  const times = (postMs: number, listLagMs: number, answerMs: number) => {
    const timeouts = { ...usualTimeouts, postMs, listLagMs };
    const access = { provider: { listJobs: true }, timeouts, throttle: { postMs: answerMs } };
    return settleTimes(access as unknown as AccountAccess);
  };

  it('is ten usual answers, within the time limit of one', () => {
    expect(times(60_000, 10_000, 2_000).overMs).toBe(20_000 + shareMs);
    expect(times(60_000, 10_000, 9_000).overMs).toBe(60_000 + shareMs);
  });

  it('is never sooner than a list may lag', () => {
    expect(times(60_000, 10_000, 100).overMs).toBe(10_000 + shareMs);
    const sooner = 2_500 + shareMs;
    expect(times(700, 2_500, 10)).toEqual({ settleMs: sooner, overMs: sooner });
  });
});

describe.concurrent('ambiguous requests of one time', () => {
  it('each get the job that tells their own prompt', async () => {
    const step = `    rows: [{ what: fox }, { what: hen }, { what: owl }]
    prompt: a {{ what }} in the snow
`;
    expect(await statesAfterLostAnswers(step)).toEqual(['done', 'done', 'done']);
  });

  it('share the jobs among them when they asked for the very same', async () => {
    const step = `    takes: 3
    prompt: a fox in the snow
`;
    expect(await statesAfterLostAnswers(step)).toEqual(['done', 'done', 'done']);
  });

  it('are left to a person when their prompt is one and what else they asked for is not', async () => {
    const step = `    aspectRatio: ['1:1', '16:9']
    prompt: a fox in the snow
`;
    expect(await statesAfterLostAnswers(step)).toEqual(['parked', 'parked']);
  });

  it('are left to a person when there are more jobs like them than they can have made', async () => {
    const step = `    rows: [{ what: fox }, { what: hen }]
    prompt: a {{ what }} in the snow
`;
    const byHand = async ({ access }: Studio): Promise<void> => {
      const deadline = { sendBy: Date.now() + 5_000, timeoutMs: 5_000, now: Date.now };
      await expect(access.provider.start(fox, deadline)).rejects.toThrow();
    };
    expect(await statesAfterLostAnswers(step, byHand)).toEqual(['parked', 'done']);
  });
});

describe.concurrent('requests whose jobs tell nothing apart', () => {
  const unrevealing = { revealing: false, imageJobMs: 30 * 60_000 };

  it('are left to a person as soon as their jobs have ended, and not when a job would be overdue', async () => {
    const lost = { kind: 'reset-after', match: paidRequest } as const;
    const step = `    rows: [{ what: fox }, { what: hen }, { what: owl }]
    prompt: a {{ what }} in the snow
`;
    const { states, accepted } = await run(step, [lost], undefined, unrevealing);
    expect(states).toEqual(['parked', 'parked', 'parked']);
    expect(accepted).toBe(3);
  });

  it('share one list when they are looked up once more, however long it takes to read', async () => {
    const lost = { kind: 'reset-after', match: paidRequest } as const;
    const studio = await openStudio(
      { revealing: false, faults: [lost] },
      { postMs: 300, imageJobMs: 30 * 60_000 },
    );
    try {
      const input = await studio.startRun(
        batchWith(
          '    rows: [{ what: fox }, { what: hen }, { what: owl }]\n    prompt: a {{ what }}\n',
        ),
      );
      await studio.runStep(input, 'draw');
      const { provider } = studio.access;
      let reads = 0;
      const listJobs: typeof provider.listJobs = async (since, until) => {
        reads += 1;
        // Longer than a list serves requests that have only just settled.
        await wait(2_100);
        return (await provider.listJobs?.(since, until)) ?? { entries: [], unreadable: 0 };
      };
      const throttle = new AccountThrottle(studio.access.limits);
      Object.assign(studio.access, { throttle, provider: { ...provider, listJobs } });
      await settleParked(studio.deps, studio.access, input.batch);
      const left = await studio.ledger.submissions.parkedWithoutJob(input.batch, studio.access.key);
      expect([left.length, reads]).toEqual([3, 1]);
    } finally {
      await studio.close();
    }
  });
});

describe.concurrent('a request without an answer that the list of jobs does not show', () => {
  const animals = ['fox', 'hen', 'owl', 'cat', 'elk'];
  const draw = (count: number): string => `    rows: [${animals
    .slice(0, count)
    .map((what) => `{ what: ${what} }`)
    .join(', ')}]
    prompt: a {{ what }} in the snow
`;
  const unanswered = { kind: 'error-before', status: 500, match: paidRequest, nth: 2 } as const;

  it('is sent again where the list shows the other jobs of its time', async () => {
    const { states, accepted } = await run(draw(5), [unanswered]);
    expect(states).toEqual(Array(5).fill('done'));
    expect(accepted).toBe(5);
  });

  it('is left to a person where the list leaves out others that are surely there', async () => {
    const lost = { kind: 'reset-after', match: paidRequest, nth: 2 } as const;
    const { states, accepted } = await run(draw(5), [lost, { kind: 'list-omits' }]);
    expect(states.toSorted()).toEqual(['done', 'done', 'done', 'done', 'parked']);
    expect(accepted).toBe(5);
  });

  it('is looked for with the time limit that it was sent with, whatever that is now', async () => {
    const step = `    prompt: a fox in the snow\n`;
    const studio = await openStudio({ revealing: true }, { postMs: 1_000 });
    try {
      const input = await studio.startRun(batchWith(step));
      const [lane] = await studio.lanesOf(input, 'draw');
      const range = { ...input, lane: lane?.lane ?? '', account: lane?.account ?? '' };
      const { granted } = await studio.ledger.claims.claim(
        { ...range, from: 0, to: 1 },
        { window: 1, postTimeoutMs: 1_000, worker: 'killed', keyHash: studio.access.keyHash },
      );
      const deadline = { sendBy: Number.MAX_SAFE_INTEGER, timeoutMs: 5_000, now: Date.now };
      await studio.access.provider.start({ ...fox, request: granted[0]!.request }, deadline);
      Object.assign(studio.access, { timeouts: { ...studio.access.timeouts, postMs: 20_000 } });
      studio.clock.passedMs += 60_000;
      studio.restart(180_000);
      await studio
        .environmentOf()
        .run(studio.activities.runShots, { ...range, from: 0, to: 1, reportAfterMs: null });
      const [shot] = await Array.fromAsync(studio.ledger.reports.shots(input.batch));
      expect(shot?.state).toBe('done');
    } finally {
      await studio.close();
    }
  });

  it.each([-3_600_000, 3_600_000])(
    'is not sent again where its job bears another time, since the vendor set its clock by %i ms',
    async (ms) => {
      const { states, accepted, whys } = await run(draw(4), [
        { kind: 'reset-after', match: paidRequest, nth: 1 },
        { kind: 'clock-jumps', ms, when: 'after', match: paidRequest, nth: 1 },
      ]);
      expect(states.toSorted()).toEqual(['done', 'done', 'done', 'parked']);
      expect(accepted).toBe(4);
      expect(whys[0]).toMatch(/, and a job with another time may be its job$/);
    },
  );

  it('is sent again where others follow only after a long block, and the list lags behind them', async () => {
    const { states, accepted } = await run(draw(5), [
      { ...unanswered, nth: 1 },
      { kind: 'rate-limit', match: paidRequest, nth: [2, 3, 4, 5], seconds: 4 },
      { kind: 'list-lags', ms: 1_000 },
    ]);
    expect(states).toEqual(Array(5).fill('done'));
    expect(accepted).toBe(5);
  });

  it('is left to a person where the list shows only jobs that are older', async () => {
    const lost = { kind: 'reset-after', match: paidRequest, nth: 5 } as const;
    const { states, accepted } = await run(draw(5), [lost, { kind: 'list-omits', nth: 5 }]);
    expect(states.toSorted()).toEqual(['done', 'done', 'done', 'done', 'parked']);
    expect(accepted).toBe(5);
  });

  it('is left to a person where an entry of the list cannot be read', async () => {
    const gap: Twist = ({ method, path, body }) => {
      if (method !== 'GET' || !/\/jobs\?/.test(path)) return undefined;
      const { result, ...rest } = body as { result: { jobs: unknown[] } };
      return { body: { ...rest, result: { ...result, jobs: [...result.jobs, null] } } };
    };
    const { states, accepted, whys } = await run(draw(5), [unanswered], undefined, { twist: gap });
    expect(states.toSorted()).toEqual(['done', 'done', 'done', 'done', 'parked']);
    expect(accepted).toBe(4);
    expect(whys).toEqual([
      expect.stringMatching(/internal error.*, and 1 entry of the vendor's list cannot be read$/),
    ]);
  });

  it('is left to a person where there is no other job to tell by', async () => {
    const { states, accepted } = await run(draw(1), [{ ...unanswered, nth: 1 }]);
    expect(states).toEqual(['parked']);
    expect(accepted).toBe(0);
  });

  it('is left to a person where the list shows a job that the vendor does not have', async () => {
    const phantom: Twist = ({ method, path, body }) => {
      if (method === 'GET' && path.endsWith('/jobs/phantom'))
        return { status: 404, body: { err: 'not found', message: 'job not found', status: 'NOK' } };
      if (method !== 'GET' || !/\/jobs\?/.test(path)) return undefined;
      const { result, ...rest } = body as { result: { jobs: { jobId: string }[] } };
      const [job] = result.jobs;
      const jobs = job ? [...result.jobs, { ...job, jobId: 'phantom' }] : [];
      return { body: { ...rest, result: { ...result, jobs } } };
    };
    const { states, accepted, whys } = await run(draw(3), [unanswered], undefined, {
      twist: phantom,
      revealing: false,
    });
    expect(states.toSorted()).toEqual(['done', 'done', 'parked']);
    expect(accepted).toBe(2);
    expect(whys[0]).toMatch(/, and 1 job may be it$/);
  });

  it('is looked for once more when it was left to a person and later jobs tell', async () => {
    const studio = await openStudio(
      { revealing: true, faults: [{ ...unanswered, nth: 1 }] },
      { postMs: 300, imageJobMs: 3_000 },
    );
    try {
      const input = await studio.startRun(batchWith(draw(1)));
      await studio.runStep(input, 'draw');
      const states = async () =>
        (await Array.fromAsync(studio.ledger.reports.shots(input.batch))).map(({ state }) => state);
      expect(await states()).toEqual(['parked']);
      const other = batchWith(draw(2)).replace('batch: lost', 'batch: other');
      await studio.runStep(await studio.startRun(other), 'draw');
      expect(await studio.ledger.submissions.accountsWithOrphans(input.batch)).toEqual([
        studio.access.key,
      ]);
      // The list that was read a moment ago is not used again.
      Object.assign(studio.access, { throttle: new AccountThrottle(studio.access.limits) });
      await studio.environmentOf().run(studio.activities.runShots, {
        ...{ ...input, lane: noLane, account: studio.access.key },
        ...{ from: 0, to: 0, reportAfterMs: null },
      });
      expect(await states()).toEqual(['open']);
      expect(studio.replanRequests).toEqual([input.batch]);
    } finally {
      await studio.close();
    }
  });

  it.each([403, 402])(
    'is left to a person where this list alone is refused with %s',
    async (status) => {
      const refused: Twist = ({ method, path }) =>
        method === 'GET' && /\/jobs\?/.test(path)
          ? { status, body: { status: 'NOK', message: 'not for this key' } }
          : undefined;
      const { states, whys } = await run(draw(1), [{ ...unanswered, nth: 1 }], undefined, {
        twist: refused,
      });
      expect(states).toEqual(['parked']);
      expect(whys[0]).toContain('the list of jobs cannot be read');
    },
  );

  it('is left to a person where this list alone is never to be had', async () => {
    const down: Twist = ({ method, path }) =>
      method === 'GET' && /\/jobs\?/.test(path) ? { status: 503, body: {} } : undefined;
    const { states } = await run(draw(3), [unanswered], undefined, { twist: down });
    expect(states.toSorted()).toEqual(['done', 'done', 'parked']);
  });

  it('is left to a person where the list cannot be read for as long as a job may take', async () => {
    const unread = { kind: 'truncated-json', match: { method: 'GET', path: '/jobs$' } } as const;
    const { states, accepted } = await run(draw(3), [unanswered, unread]);
    expect(states.toSorted()).toEqual(['done', 'done', 'parked']);
    expect(accepted).toBe(2);
  });
});
