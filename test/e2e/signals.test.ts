import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isServerRunning } from '../../src/temporal/server-process.ts';
import { openStage, type Running, type Stage, until } from './stage.ts';

const batch = (name: string): string => `\
batch: ${name}
steps:
  images:
    matrix: { number: [1, 2] }
    model: photogpt:nanobanana-pro
    prompt: fox {{ number }} of ${name}
`;
const account = `\
accounts:
  photogpt: { timeouts: { pollFirstMs: 100, pollMs: 200 } }
`;
const post = { method: 'POST', path: '/images/generation' };
/** Nothing of the shared server: the command brings its own, and a worker. */
const embedded = { TEMPORAL_ADDRESS: undefined, TEMPORAL_NAMESPACE: undefined };

interface Receipt {
  submissions: { state: string; jobId: string | null }[];
}

describe('a terminal that is closed', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ jobMs: 50 });
    stage.write('shotlist.yaml', account);
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const isOnItsWay = async (running: Running): Promise<void> => {
    const { book } = stage.simulator;
    const before = book.faults['slow'] ?? 0;
    const isSent = (): boolean => {
      if (running.process.exitCode !== null) throw new Error(running.output());
      return (book.faults['slow'] ?? 0) > before;
    };
    await until('a paid request is on its way', isSent, 60_000);
  };
  const serverPid = (): { pid: number; grpc: number } => {
    const { pid, address } = JSON.parse(stage.read('.shotlist/server.json')) as {
      pid: number;
      address: string;
    };
    return { pid, grpc: Number(address.split(':')[1]) };
  };

  it.each(['SIGHUP', 'SIGTERM'] as const)(
    'lets a run write down what it has paid for: %s',
    async (signal) => {
      const name = signal.toLowerCase();
      stage.write(`${name}.yaml`, batch(name));
      Object.assign(stage.simulator.settings, {
        faults: [{ kind: 'slow', match: post, ms: 3_000 }],
      });
      const running = stage.start(['run', `${name}.yaml`, '--yes'], embedded);
      await isOnItsWay(running);
      const server = serverPid();
      running.process.kill(signal);
      const { code, stderr } = await running.ended;
      expect(stderr).toMatch(/waiting for [12] answers?, at most 6\d s/);
      expect(code).toBe(4);
      const { value } = await stage.json<Receipt>(['receipt', name]);
      for (const { state, jobId } of value.submissions)
        expect([state, jobId]).toEqual([
          expect.stringMatching(/submitted|succeeded/),
          expect.any(String),
        ]);
      expect(value.submissions.length).toBeGreaterThan(0);
      expect(isServerRunning(server.pid, server.grpc)).toBe(false);
      Object.assign(stage.simulator.settings, { faults: [] });
      expect((await stage.run(['run', `${name}.yaml`, '--yes'], embedded)).code).toBe(0);
      expect(stage.simulator.book.duplicates()).toEqual([]);
    },
    120_000,
  );

  it('stops a worker as TERM does', async () => {
    const worker = await stage.startWorker();
    worker.process.kill('SIGHUP');
    const { code, stderr } = await worker.ended;
    expect(stderr).toContain('stopping; requests under way end first');
    expect(code).toBe(0);
  });

  it('lets a run that nobody reads any more go on, and leaves no server behind', async () => {
    stage.write('unread.yaml', batch('unread'));
    const running = stage.start(['run', 'unread.yaml', '--yes'], embedded);
    await until('the server is there', () =>
      existsSync(join(stage.folder, '.shotlist/server.json')),
    );
    const server = serverPid();
    running.process.stdout?.destroy();
    running.process.stderr?.destroy();
    expect((await running.ended).code).toBe(0);
    expect(isServerRunning(server.pid, server.grpc)).toBe(false);
    expect(existsSync(join(stage.folder, 'out/unread/index.html'))).toBe(true);
  }, 120_000);

  it('ends a command quietly whose output nobody reads to the end', async () => {
    const many = batch('many').replace(
      '[1, 2]',
      `[${Array.from({ length: 5_000 }, (_, n) => n).join(', ')}]`,
    );
    stage.write('many.yaml', many);
    const plan = stage.start(['plan', 'many.yaml', '--shots']);
    plan.process.stdout?.once('data', () => plan.process.stdout?.destroy());
    const { code, stderr } = await plan.ended;
    expect(stderr).not.toMatch(/EPIPE|This is a bug|at .*\.ts/);
    expect(code).toBe(0);
  });
});

const limit = (pid: number | undefined, size: string): void =>
  void execFileSync('prlimit', ['--pid', String(pid), `--fsize=${size}:`]);

describe.skipIf(process.platform !== 'linux')('a run whose files may not grow any more', () => {
  it('keeps what its paid requests have become until they may, also when it is told to end', async () => {
    await using stage = await openStage({
      jobMs: 50,
      faults: [{ kind: 'slow', match: { call: 'generate' }, ms: 1_000 }],
    });
    stage.write(
      'fox.yaml',
      'batch: fox\nsteps:\n  draw: { model: "photogpt:nanobanana", prompt: a fox, name: fox }\n',
    );
    const run = stage.start(['run', 'fox.yaml', '--yes'], embedded);
    await until('a paid request was on its way', () => 'slow' in stage.simulator.book.faults);
    limit(run.process.pid, '4096');
    run.process.kill('SIGTERM');
    await until('its answer was there', () => run.output().includes('could not be written down'));
    limit(run.process.pid, 'unlimited');
    expect((await run.ended).code).toBe(4);
    const { value } = await stage.json<{ submissions: object[] }>(['receipt', 'fox']);
    const [job] = stage.simulator.book.accepted;
    expect(value.submissions).toMatchObject([{ state: 'submitted', jobId: job?.id }]);
  });
});
