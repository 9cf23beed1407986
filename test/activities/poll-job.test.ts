import { afterEach, describe, expect, it } from 'vitest';
import type { Twist } from '../http/twist.ts';
import type { ShotRow } from '../../src/ledger/port.ts';
import type { JobState, Provider, Timeouts } from '../../src/providers/port.ts';
import { ShotEvents } from '../../src/commands/engine/shot-events.ts';
import { openStudio, type Studio } from './studio.ts';

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

/** Runs one shot at a vendor whose answers about jobs are changed. */
async function run(
  model: string,
  job: Twist,
  { timeouts = {}, more = '' }: { timeouts?: Partial<Timeouts>; more?: string } = {},
): Promise<ShotRow> {
  const [account = ''] = model.split(':');
  const twist: Twist = (answer) =>
    answer.method === 'GET' && /\/(jobs|tasks)\//.test(answer.path) ? job(answer) : undefined;
  studio = await openStudio({ jobMs: 10 }, timeouts, {}, { account, twist });
  const source = `batch: one\nsteps:\n  draw: { model: '${model}', prompt: a fox${more} }\n`;
  const input = await studio.startRun(source);
  await studio.runStep(input, 'draw');
  const shot = await studio.ledger.reports.shot('one', 'draw/draw');
  if (!shot) throw new Error('no shot');
  return shot;
}

const money = async () => (await studio?.ledger.reports.status('one'))?.accounts[0];

describe('a status that the documents of the vendor do not list', () => {
  it('ends the job with its word where they say that it is final', async () => {
    const shot = await run('photogpt:nanobanana', ({ body }) => ({
      body: { ...(body as object), result: { status: 'canceled' } },
    }));
    expect(shot).toMatchObject({
      state: 'failed',
      why: 'PhotoGPT reports canceled without a reason',
    });
    expect(await money()).toMatchObject({ spent: 10_000, reserved: 0, ambiguous: 0 });
  });

  it('is running elsewhere, until the time limit has passed', async () => {
    const shot = await run(
      'wonda:nano-banana-2',
      ({ body }) => ({
        body: { ...(body as object), status: 'polishing' },
      }),
      { timeouts: { imageJobMs: 300 } },
    );
    expect(shot).toMatchObject({
      state: 'parked',
      why: 'still "polishing" (not a documented status) after its time limit',
    });
  });
});

/** Changes the list of images in PhotoGPT's answer about a job that is done. */
function images(change: (images: readonly object[]) => unknown): Twist {
  return ({ body }) => {
    const { result, ...rest } = body as { result: { images?: readonly object[] } };
    if (!result.images) return undefined;
    return { body: { ...rest, result: { ...result, images: change(result.images) } } };
  };
}

describe('a job that is done and names', () => {
  const model = 'photogpt:nanobanana';
  /** The rest of the files is waited for by so many of these. */
  const soon = { pollMs: 10 };
  const three = { timeouts: soon, more: ', outputs: 3' };

  it('fewer files than were ordered has those that came, and is told', async () => {
    const lines: string[] = [];
    const events = new ShotEvents((line) => lines.push(line));
    const shot = await run(
      model,
      images((images) => images.slice(1)),
      three,
    );
    expect(shot).toMatchObject({ state: 'done', undelivered: 1 });
    expect(shot.outputs.map(({ state }) => state)).toEqual(['saved', 'saved']);
    events.show([shot]);
    expect(lines).toEqual([
      expect.stringMatching(/ saved {3}draw\/draw {2}30 credits {2}2 of 3 files$/),
    ]);
  });

  it('more files than were ordered keeps them all', async () => {
    const more = { id: 'extra' };
    const shot = await run(
      model,
      images(([one]) => [one, { ...one, ...more }]),
      { timeouts: soon },
    );
    expect(shot).toMatchObject({ state: 'done', undelivered: 0 });
    expect(shot.outputs.map(({ remote }) => remote)).toContain('extra');
  });

  it.each([
    ['null', null],
    ['an entry without id or link', {}],
    ['an entry of another kind', 7],
  ])('%s among its files has the others', async (_, bad) => {
    const shot = await run(
      model,
      images(([one, , two]) => [one, bad, two]),
      three,
    );
    expect(shot).toMatchObject({ state: 'done', undelivered: 1, outputs: [{}, {}] });
  });

  it('one file twice has it once', async () => {
    const shot = await run(
      model,
      images(([one]) => [one, one]),
      { timeouts: soon, more: ', outputs: 2' },
    );
    expect(shot).toMatchObject({ state: 'done', undelivered: 1, outputs: [{}] });
  });

  it('nothing that can be read has failed with its money, and says so', async () => {
    const shot = await run(
      model,
      images(() => [null, {}]),
      three,
    );
    expect(shot.state).toBe('failed');
    expect(shot.why).toBe(
      'the job ended, and none of the 2 entries in its list of files names a file that can be fetched',
    );
    expect(await money()).toMatchObject({ spent: 30_000, reserved: 0, ambiguous: 0 });
  });

  it('its last file a moment later has it too', async () => {
    let polls = 0;
    const late = images((images) => (++polls < 3 ? [...images.slice(0, 2), null] : images));
    const shot = await run(model, late, { ...three, timeouts: { pollMs: 2_000 } });
    expect(shot).toMatchObject({ state: 'done', undelivered: 0, outputs: [{}, {}, {}] });
  });
});

describe('a wall clock that is set ahead while a job runs', () => {
  const hour = 60 * 60_000;
  /** The vendor as it is, but its first answers are these; with the first of them the clock jumps. */
  async function runThrough(answers: readonly JobState[], then?: (opened: Studio) => void) {
    const opened = await openStudio({ jobMs: 10 }, { imageJobMs: hour });
    studio = opened;
    const { provider } = opened.access;
    let polls = 0;
    const check: Provider['check'] = async (job) => {
      const answer = answers[polls++];
      if (polls === 1) opened.clock.aheadMs += 3 * hour;
      if (polls === 2) then?.(opened);
      return answer ?? (await provider.check(job));
    };
    Object.assign(opened.access, { provider: { ...provider, check } });
    const input = await opened.startRun(
      `batch: one\nsteps:\n  draw: { model: 'photogpt:nanobanana', prompt: a fox }\n`,
    );
    await opened.runStep(input, 'draw');
    return await opened.ledger.reports.shot('one', 'draw/draw');
  }
  const running: JobState = { state: 'pending', status: 'running', known: true };
  const missing: JobState = { state: 'missing' };

  it('gives up no job that its vendor says is running', async () => {
    const shot = await runThrough([running, running, running]);
    expect(shot).toMatchObject({ state: 'done' });
  });

  it('does not call a job unknown that is merely late to appear', async () => {
    const shot = await runThrough([missing, missing, missing]);
    expect(shot).toMatchObject({ state: 'done' });
  });

  it('leaves it to a person all the same when its time has really passed', async () => {
    const shot = await runThrough([running, running, running], ({ clock }) => {
      clock.passedMs += hour;
    });
    expect(shot).toMatchObject({ state: 'parked', why: 'still running after its time limit' });
  });
});
