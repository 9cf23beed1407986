import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Simulator,
  type SimulatorSettings,
  startSimulator,
} from '../../src/simulator/index.ts';
import { openStage, type Result, type Stage, until } from './stage.ts';

/** One account with one vendor each, so that a problem concerns one batch alone. */
const problems = [
  'wrong-key',
  'no-credit',
  'patient',
  'impatient',
  'refused',
  'page',
  'not-found',
  'no-training',
] as const;
type Problem = (typeof problems)[number];

const shots = 4;
const batchOf = (account: Problem): string => `\
batch: ${account}
steps:
  images:
    rows: [{ id: fox }, { id: hare }, { id: owl }, { id: lynx }]
    model: ${account}:nanobanana-pro
    prompt: "{{ id }} in fresh snow"
    name: "{{ id }}"
`;

const trainingOf = (account: Problem): string => `\
batch: ${account}
models:
  anna:
    train: { account: ${account}, images: "training/*", name: Anna, gender: Female, age: 29 }
steps:
  images: { model: anna, prompt: Anna in Lisbon, name: lisbon }
`;

describe('an account in problem', () => {
  let stage: Stage;
  const simulators = new Map<Problem, Simulator>();

  beforeAll(async () => {
    stage = await openStage();
    for (const problem of problems) {
      simulators.set(problem, await startSimulator({ port: 0, jobMs: 100, images: 'small' }));
      stage.write(`${problem}.yaml`, batchOf(problem));
    }
    stage.write(
      'shotlist.yaml',
      JSON.stringify({
        accounts: Object.fromEntries(
          problems.map((name) => [
            name,
            {
              provider: 'photogpt',
              baseUrl: simulatorOf(name).baseUrls['photogpt'],
              prices: { training: '300' },
              timeouts: { postMs: 5_000, pollFirstMs: 100, pollMs: 200 },
            },
          ]),
        ),
      }),
    );
    stage.write('no-training.yaml', trainingOf('no-training'));
    for (let index = 0; index < 12; index++)
      stage.write(`training/${index}.jpg`, await portraitOf(index));
    await stage.startWorker();
  });

  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
    await Promise.all([...simulators.values()].map((simulator) => simulator.close()));
  });

  const simulatorOf = (problem: Problem): Simulator => {
    const simulator = simulators.get(problem);
    if (!simulator) throw new Error(`no simulator for ${problem}`);
    return simulator;
  };
  const change = (problem: Problem, settings: Partial<SimulatorSettings>): void =>
    void Object.assign(simulatorOf(problem).settings, settings);
  const run = (problem: Problem): Promise<Result> => stage.run(['run', `${problem}.yaml`, '--yes']);

  /** Everything is done, and each shot was asked for once. */
  const expectComplete = async (problem: Problem): Promise<void> => {
    const { code, value } = await stage.json(['status', problem]);
    expect(value).toMatchObject({ state: 'finished', outputs: shots });
    expect(code).toBe(0);
    const { book } = simulatorOf(problem);
    expect(book.accepted).toHaveLength(shots);
    expect(book.duplicates()).toEqual([]);
  };

  it.concurrent('waits with a wrong key, and completes after resume', async () => {
    change('wrong-key', { keys: ['the-right-one'] });
    const waiting = await run('wrong-key');
    expect(waiting.stdout).toContain('the vendor refuses the key');
    expect(waiting.stdout).toContain('shotlist resume wrong-key');
    expect(waiting.code).toBe(4);
    expect(await stage.json(['status', 'wrong-key'])).toMatchObject({
      code: 4,
      value: { state: 'waiting', shots: { waiting: shots, failed: 0 }, spent: [{ amount: '0' }] },
    });
    expect(simulatorOf('wrong-key').book.accepted).toEqual([]);
    change('wrong-key', { keys: null });
    expect((await stage.run(['resume', 'wrong-key'])).code).toBe(0);
    expect((await stage.run(['watch', 'wrong-key'])).code).toBe(0);
    await expectComplete('wrong-key');
  });

  it.concurrent('waits with a wrong key before it trains, and completes after resume', async () => {
    change('no-training', { keys: ['the-right-one'], trainingMs: 200 });
    const { book } = simulatorOf('no-training');
    const waiting = await run('no-training');
    expect(waiting.stdout).toContain('the vendor refuses the key');
    expect(waiting.code).toBe(4);
    expect([...book.models, ...book.uploads]).toEqual([]);
    change('no-training', { keys: null });
    expect((await stage.run(['resume', 'no-training'])).code).toBe(0);
    expect((await stage.run(['watch', 'no-training'])).code).toBe(0);
    expect(book.trainings).toMatchObject([{ state: 'success' }]);
  });

  it.concurrent(
    'waits without credit after what it could pay, and completes after resume',
    async () => {
      change('no-credit', { credits: 20 });
      const waiting = await run('no-credit');
      expect(waiting.stdout).toContain('no credit');
      expect(waiting.stdout).toContain('2 of 4 shots have their files');
      expect(waiting.code).toBe(4);
      expect(simulatorOf('no-credit').book.accepted).toHaveLength(2);
      change('no-credit', { prices: { photogpt: { image: 0 } } });
      expect((await stage.run(['resume', 'no-credit'])).code).toBe(0);
      expect((await stage.run(['watch', 'no-credit'])).code).toBe(0);
      await expectComplete('no-credit');
    },
  );

  it.concurrent('goes on by itself after a 429 with Retry-After', async () => {
    change('patient', { faults: [{ kind: 'rate-limit', nth: [1, 2], seconds: 1, match: posts }] });
    expect((await run('patient')).code).toBe(0);
    expect(simulatorOf('patient').book.faults).toMatchObject({ 'rate-limit': 2 });
    await expectComplete('patient');
  });

  it.concurrent('goes on by itself after a 429 without Retry-After', async () => {
    change('impatient', {
      retryAfter: 'none',
      faults: [{ kind: 'rate-limit', retryAfter: 'none', nth: [1, 2], match: posts }],
    });
    expect((await run('impatient')).code).toBe(0);
    await expectComplete('impatient');
  });

  it.concurrent(
    'sends nothing to a vendor that refuses connections, and completes when it is back',
    async () => {
      const port = Number(new URL(simulatorOf('refused').url).port);
      await simulatorOf('refused').close();
      const running = stage.start(['run', 'refused.yaml', '--yes']);
      await until('the refusal shows', async () => {
        const { stdout } = await stage.run(['status', 'refused']);
        return stdout.includes('the vendor cannot be reached');
      });
      simulators.set('refused', await startSimulator({ port, jobMs: 100, images: 'small' }));
      const first = await running.ended;
      if (first.code !== 0) {
        expect(first.code).toBe(4);
        expect((await stage.run(['resume', 'refused'])).code).toBe(0);
        expect((await run('refused')).code).toBe(0);
      }
      await expectComplete('refused');
    },
  );

  it.concurrent('asks what became of a request that a page answered', async () => {
    change('page', {
      revealing: true,
      faults: [
        { kind: 'html-before', status: 502, nth: 1, match: posts },
        { kind: 'html-after', status: 200, nth: 2, match: posts },
      ],
    });
    expect((await run('page')).code).toBe(0);
    expect(simulatorOf('page').book.faults).toEqual({ 'html-before': 1, 'html-after': 1 });
    await expectComplete('page');
  });

  it.concurrent('fails only the shot that a page refuses, and the next run makes it', async () => {
    change('not-found', {
      faults: [{ kind: 'html-before', status: 404, nth: 1, match: posts }],
    });
    const first = await run('not-found');
    expect(first.stdout).toContain('3 of 4 shots have their files (1 failed)');
    expect(first.stdout).toMatch(/^ {2}failed +1 {2}.*404.*: images\/\w+$/m);
    expect(first.code).toBe(3);
    expect((await run('not-found')).code).toBe(0);
    await expectComplete('not-found');
  });
});

const posts = { method: 'POST', path: '/generation$' };

async function portraitOf(index: number): Promise<Buffer> {
  const background = { r: index * 20, g: 90, b: 40 };
  return await sharp({ create: { width: 64, height: 64, channels: 3, background } })
    .jpeg()
    .toBuffer();
}
