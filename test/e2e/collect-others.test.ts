import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStage, type Result, type Stage, until } from './stage.ts';

/** Longer than any test: jobs that take it end when the vendor's clock is moved. */
const longMs = 600_000;
/** Nothing of the shared server: the command brings its own, and a worker. */
const embedded = { TEMPORAL_ADDRESS: undefined, TEMPORAL_NAMESPACE: undefined };
const acme = { ACME_API_KEY: 'demo' };
const accounts = (changes = ''): string => `\
accounts:
  acme: { provider: photogpt, key: ACME_API_KEY${changes} }
  photogpt: { timeouts: { pollFirstMs: 100, pollMs: 200 } }
`;
const batchOf = (name: string, models: readonly string[]): string =>
  `batch: ${name}\nsteps:\n${models
    .map(
      (model, index) =>
        `  step${index}: { model: "${model}:nanobanana", prompt: ${name} ${index}, name: ${name} }\n`,
    )
    .join('')}`;

async function withStage(work: (stage: Stage, letJobsEnd: () => void) => Promise<void>) {
  let aheadMs = 0;
  const clock = { now: () => Date.now() + aheadMs };
  await using stage = await openStage({ jobMs: longMs, jitter: 0, clock });
  stage.write('shotlist.yaml', accounts());
  stage.write('fox.yaml', batchOf('fox', ['acme', 'photogpt']));
  stage.write('owl.yaml', batchOf('owl', ['photogpt']));
  await work(stage, () => void (aheadMs += 2 * longMs));
}

const filesOf = ({ folder }: Stage, batch: string): string[] => {
  const out = join(folder, 'out', batch);
  const names = existsSync(out) ? readdirSync(out, { recursive: true }) : [];
  return names.map(String).filter((name) => name.endsWith('.jpg'));
};
/** Starts a batch, and leaves it when all of its jobs run. */
const leave = async (stage: Stage, batch: string, jobs: number): Promise<void> => {
  const { book } = stage.simulator;
  const before = book.accepted.length;
  const running = stage.start(['run', `${batch}.yaml`, '--yes'], { ...embedded, ...acme });
  await until('all jobs run', () => book.accepted.length === before + jobs, 60_000);
  running.process.kill('SIGTERM');
  await running.ended;
};
/** All but the one file at acme is here, and the command said so. */
const expectOthers = (stage: Stage, { code, stdout, stderr }: Result): void => {
  expect(filesOf(stage, 'fox')).toEqual(['step1/fox.jpg']);
  expect(filesOf(stage, 'owl')).toHaveLength(1);
  expect(stdout).toContain('owl: all its paid files are on disk');
  expect([stdout, code]).toEqual([expect.stringContaining('fox: 1 job at acme'), 4]);
  expect(stderr).not.toContain('error:');
  expect(stage.simulator.book.accepted).toHaveLength(3);
};

describe('collect, where one account of a batch cannot be asked', () => {
  const letGo = async (stage: Stage): Promise<void> => {
    await leave(stage, 'fox', 2);
    await leave(stage, 'owl', 1);
    for (const batch of ['fox', 'owl'])
      expect((await stage.run(['cancel', batch], { ...embedded, ...acme })).code).toBe(0);
  };

  it.each(['waits in the server', 'is gone'])(
    'fetches the files of the others where the account moved and the workflow %s',
    (workflow) =>
      withStage(async (stage, letJobsEnd) => {
        await letGo(stage);
        const state = join(stage.folder, '.shotlist');
        if (workflow === 'is gone')
          for (const name of readdirSync(state).filter((each) => each.startsWith('temporal-')))
            rmSync(join(state, name));
        const address = stage.simulator.baseUrls['photogpt'] ?? '';
        const moved = `, baseUrl: "${address.replace('127.0.0.1', 'localhost')}"`;
        stage.write('shotlist.yaml', accounts(moved));
        letJobsEnd();
        const collected = await stage.run(['collect'], { ...embedded, ...acme });
        expectOthers(stage, collected);
        expect(collected.stdout).toContain(
          `give the account acme its base URL ${new URL(address).origin} again`,
        );
        expect(collected.stdout).toContain('then: shotlist collect fox');
        stage.write('shotlist.yaml', accounts());
        expect((await stage.run(['collect', 'fox'], { ...embedded, ...acme })).code).toBe(0);
        expect(filesOf(stage, 'fox')).toHaveLength(2);
      }),
    180_000,
  );

  it(
    'fetches the files of the others where the account has no key, and names its variable',
    () =>
      withStage(async (stage, letJobsEnd) => {
        await letGo(stage);
        letJobsEnd();
        const collected = await stage.run(['collect'], embedded);
        expectOthers(stage, collected);
        expect(collected.stdout).toContain('ACME_API_KEY is not set');
        const watched = await stage.run(['watch', 'fox'], embedded);
        expect(watched.stderr).toContain('ACME_API_KEY is not set');
        expect(watched.code).toBe(4);
        expect((await stage.run(['collect', 'fox'], { ...embedded, ...acme })).code).toBe(0);
        expect(filesOf(stage, 'fox')).toHaveLength(2);
      }),
    180_000,
  );
});

describe('collect, while it waits for a job', () => {
  it(
    'writes the files that are here, and goes on where the collection of a batch fails',
    () =>
      withStage(async (stage, letJobsEnd) => {
        const { settings, book } = stage.simulator;
        await stage.startWorker(acme);
        for (const [batch, jobs] of [
          ['fox', 2],
          ['owl', 3],
        ] as const) {
          const running = stage.start(['run', `${batch}.yaml`, '--yes'], acme);
          await until('all jobs run', () => book.accepted.length === jobs);
          expect((await stage.run(['cancel', batch, '--abandon'], acme)).code).toBe(0);
          await running.ended;
        }
        letJobsEnd();
        const slow = book.accepted.find(({ request }) => JSON.stringify(request).includes('fox 0'));
        const match = { method: 'GET', path: `/jobs/${slow?.id}` };
        settings.faults = [{ kind: 'error-before', status: 500, match }];
        const collecting = stage.start(['collect'], acme);
        await until('the other file is written', () => filesOf(stage, 'fox').length === 1);
        await stage.terminate('batch/fox');
        const { code, stdout, stderr } = await collecting.ended;
        expect(stderr).toContain('error: run 1 of fox failed');
        expect(stderr).toContain('shotlist collect fox');
        expect(stdout).toContain('fox: 1 job at acme, 10 credits left; try again later');
        expect(stdout).toContain('owl: all its paid files are on disk');
        expect([code, filesOf(stage, 'owl').length]).toEqual([1, 1]);
        settings.faults = [];
        expect((await stage.run(['collect'], acme)).code).toBe(0);
        expect(filesOf(stage, 'fox')).toHaveLength(2);
      }),
    120_000,
  );
});
