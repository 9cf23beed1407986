import { afterEach, describe, expect, it } from 'vitest';
import { settleInGap } from '../../../src/activities/reconcile/settle-in-gap.ts';
import type { Range } from '../../../src/ledger/port.ts';
import type { StartRequest } from '../../../src/providers/port.ts';
import type { SimulatorSettings } from '../../../src/simulator/index.ts';
import { openStudio, type Studio } from '../studio.ts';

const minute = 60_000;
let studio: Studio;
afterEach(async () => studio.close());

const batchOf = (
  name: string,
  account: string,
  prompts: readonly string[],
): string => `batch: ${name}
steps:
  draw:
    rows: [${prompts.map((prompt) => `{ what: ${prompt} }`).join(', ')}]
    model: ${account}
    prompt: "{{ what }}"
`;

const photogpt = 'photogpt:nanobanana';
const asked = (prompt: string): StartRequest => ({
  request: {
    account: 'photogpt',
    model: 'nanobanana',
    choice: { kind: 'public', id: 'nanobanana' },
    prompt,
    options: {},
    references: [],
  },
  makes: 'image',
  trainedModel: undefined,
  references: [],
});

/**
 * A project whose ledger knows one job and nothing of what was sent since: some, or nothing.
 * @returns the requests that the vendor has had
 */
async function openRestored(
  sent: readonly string[],
  settings: Partial<SimulatorSettings> = {},
): Promise<void> {
  studio = await openStudio({ revealing: true, ...settings });
  await studio.runStep(await studio.startRun(batchOf('known', photogpt, ['a cup'])), 'draw');
  const from = Date.now();
  const deadline = { sendBy: Number.MAX_SAFE_INTEGER, timeoutMs: 5_000, now: Date.now };
  for (const prompt of sent) await studio.access.provider.start(asked(prompt), deadline);
  await studio.ledger.gaps.add({ from, to: Date.now(), why: 'a backup was restored' });
  studio.clock.passedMs += 3 * minute;
  studio.restart(3 * minute);
}

/**
 * A project that was restored from a backup which was made while `a fox` was on its way, and never arrived. Then
 * another ledger, that is lost since, sent a request.
 */
async function openInFlight(sent: string, settings: Partial<SimulatorSettings>): Promise<Range> {
  studio = await openStudio(settings);
  const input = await studio.startRun(batchOf('zoo', photogpt, ['a fox']));
  const [lane] = await studio.lanesOf(input, 'draw');
  if (!lane) throw new Error('there is no lane');
  const range = { batch: 'zoo', run: input.run, lane: lane.lane, account: lane.account };
  const { claims, submissions, gaps } = studio.ledger;
  const options = {
    window: 1,
    postTimeoutMs: studio.access.timeouts.postMs,
    worker: 'lost',
    keyHash: studio.access.keyHash,
  };
  const { granted } = await claims.claim({ ...range, from: 0, to: 1 }, options);
  await submissions.ambiguous(granted[0]?.submission ?? '', 'its connection was lost');
  const from = Date.now();
  const deadline = { sendBy: Number.MAX_SAFE_INTEGER, timeoutMs: 5_000, now: Date.now };
  await studio.access.provider.start(asked(sent), deadline);
  await gaps.add({ from, to: Date.now(), why: 'a backup was restored' });
  studio.clock.passedMs += 3 * minute;
  studio.restart(3 * minute);
  return { ...range, from: 0, to: 1 };
}

async function stateAfterSettling(range: Range): Promise<unknown> {
  const ledgerId = studio.ledger.id;
  const input = { ...range, ledgerId, reportAfterMs: null };
  await studio.environmentOf().run(studio.activities.runShots, input);
  return (await Array.fromAsync(studio.ledger.reports.shots('zoo')))[0]?.state;
}

async function statesOf(batch: string, model: string, prompts: readonly string[]) {
  const { results } = await studio.runStep(
    await studio.startRun(batchOf(batch, model, prompts)),
    'draw',
  );
  expect(results.map(({ kind }) => kind)).toEqual(['done']);
  const shots = await Array.fromAsync(studio.ledger.reports.shots(batch));
  return shots.map(({ state }) => state);
}
const accepted = (): unknown[] =>
  studio.simulator.book.accepted.map(({ request }) => (request as { prompt: unknown }).prompt);

describe('a request that may have been sent in a time that the ledger does not know', () => {
  it('takes its job, which tells its prompt, and is not paid for again', async () => {
    await openRestored(['a fox']);
    expect(await statesOf('zoo', photogpt, ['a fox', 'a hen'])).toEqual(['done', 'done']);
    expect(accepted()).toEqual(['a cup', 'a fox', 'a hen']);
    const spent = (await studio.ledger.reports.status('zoo'))?.accounts[0]?.spent;
    expect(spent).toBe(
      2 * ((await studio.ledger.reports.status('known'))?.accounts[0]?.spent ?? 0),
    );
  });

  it('is sent when the list shows that nothing was, and nothing is asked of the account again', async () => {
    await openRestored([]);
    expect(await statesOf('zoo', photogpt, ['a fox', 'a hen'])).toEqual(['done', 'done']);
    expect(accepted().toSorted()).toEqual(['a cup', 'a fox', 'a hen']);
    // It is the only account of this ledger.
    expect(await studio.ledger.gaps.list()).toEqual([]);
  });

  it('is looked for only when the list may show it, where lists are said to lag for long', async () => {
    await openRestored([]);
    Object.assign(studio.access.timeouts, { listLagMs: 60 * minute });
    const input = await studio.startRun(batchOf('zoo', photogpt, ['a fox']));
    const [lane] = await studio.lanesOf(input, 'draw');
    if (!lane) throw new Error('there is no lane');
    const { claims, submissions } = studio.ledger;
    const range = {
      batch: 'zoo',
      run: input.run,
      lane: lane.lane,
      account: lane.account,
      from: 0,
      to: 1,
    };
    await claims.claim(range, {
      window: 1,
      postTimeoutMs: 1_000,
      worker: 'w',
      keyHash: studio.access.keyHash,
    });
    const { ambiguous } = await submissions.due(range, { leaseMs: 1, limit: 9, settleMs: 0 });
    expect(ambiguous).toHaveLength(1);
    for (const each of ambiguous)
      expect(await settleInGap(studio.deps, studio.access, each)).toBe(false);
    studio.clock.passedMs += 61 * minute;
    studio.restart(61 * minute);
    for (const each of ambiguous)
      expect(await settleInGap(studio.deps, studio.access, each)).toBe(true);
  });

  it('is left to a person where jobs tell nothing', async () => {
    await openRestored(['a fox'], { revealing: false });
    expect(await statesOf('zoo', photogpt, ['a fox'])).toEqual(['parked']);
    expect(accepted()).toEqual(['a cup', 'a fox']);
    const [row] = await studio.ledger.reports.unresolved('zoo');
    expect(row?.why).toMatch(/^it may have been sent from .*, and 1 job may be it$/);
  });

  it('is left to a person where the list leaves out a job that is known', async () => {
    await openRestored([], { faults: [{ kind: 'list-omits', nth: 1 }] });
    expect(await statesOf('zoo', photogpt, ['a fox'])).toEqual(['parked']);
    expect(accepted()).toEqual(['a cup']);
  });

  it('is left to a person where another shot has the same prompt and other settings', async () => {
    await openRestored(['a fox']);
    const source = batchOf('zoo', photogpt, ['a fox']);
    await studio.startRun(source);
    const other = `${source}    aspectRatio: "16:9"\n`.replace('batch: zoo', 'batch: wide');
    const input = await studio.startRun(other);
    const { lanes } = await studio.planOf(input, 'draw', 1);
    expect(lanes).toHaveLength(1);
    expect(await statesOf('zoo', photogpt, ['a fox'])).toEqual(['parked']);
    expect(accepted()).toEqual(['a cup', 'a fox']);
  });
});

describe('a request that was on its way when the backup was made', () => {
  it('takes no job of the time that nobody knows, unless it tells what was asked for', async () => {
    const range = await openInFlight('a hen', { revealing: false });
    expect(await stateAfterSettling(range)).toBe('parked');
    expect(accepted()).toEqual(['a hen']);
  });

  it('takes the one that tells its prompt', async () => {
    const range = await openInFlight('a fox', { revealing: true });
    expect(await stateAfterSettling(range)).toBe('done');
    expect(accepted()).toEqual(['a fox']);
  });

  it('is left to a person where another shot has the same prompt and other settings', async () => {
    const range = await openInFlight('a fox', { revealing: true });
    const wide = `${batchOf('wide', photogpt, ['a fox'])}    aspectRatio: "16:9"\n`;
    await studio.planOf(await studio.startRun(wide), 'draw', 1);
    expect(await stateAfterSettling(range)).toBe('parked');
    expect(accepted()).toEqual(['a fox']);
  });

  it('leaves its job alone to what is asked about in the gap, where that has the same prompt', async () => {
    studio = await openStudio({ revealing: true }, { postMs: 60_000 });
    await studio.runStep(await studio.startRun(batchOf('known', photogpt, ['a cup'])), 'draw');
    const shapes = batchOf('zoo', photogpt, ['a fox']).replace(
      'rows: [{ what: a fox }]',
      'rows: [{ what: a fox, shape: "1:1" }, { what: a fox, shape: "16:9" }]',
    );
    const input = await studio.startRun(`${shapes}    aspectRatio: "{{ shape }}"\n`);
    const [lane] = await studio.lanesOf(input, 'draw');
    const range = { ...input, lane: lane?.lane ?? '', account: lane?.account ?? '', from: 0 };
    const options = {
      window: 1,
      postTimeoutMs: 60_000,
      worker: 'lost',
      keyHash: studio.access.keyHash,
    };
    const { granted } = await studio.ledger.claims.claim({ ...range, to: 1 }, options);
    const from = Date.now() + 1;
    const deadline = { sendBy: Number.MAX_SAFE_INTEGER, timeoutMs: 5_000, now: Date.now };
    const start = { ...asked('a fox'), request: granted[0]!.request };
    await studio.access.provider.start(start, deadline);
    await studio.ledger.gaps.add({ from, to: Date.now() + 1, why: 'a backup was restored' });
    studio.clock.passedMs += 60 * minute;
    // What is asked about in the gap is settled a little sooner than what was on its way.
    studio.restart(2 * minute + 1_000);
    const passing = setInterval(() => (studio.clock.passedMs += 1_000), 250);
    const work = { ...range, to: 2, reportAfterMs: null };
    await studio.environmentOf().run(studio.activities.runShots, work);
    clearInterval(passing);
    const shots = await Array.fromAsync(studio.ledger.reports.shots('zoo'));
    expect(shots.map(({ state }) => state)).toEqual(['parked', 'parked']);
    expect(accepted()).toEqual(['a cup', 'a fox']);
  });
});
