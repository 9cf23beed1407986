import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage, until } from './stage.ts';

const shots = 12;
/** Two at a time: there are nine seconds to steer in. */
const jobMs = 1_500;
const account = `\
accounts:
  photogpt:
    limits: { inFlight: 2 }
    timeouts: { pollFirstMs: 100, pollMs: 200 }
`;
const batchOf = (name: string): string => `\
batch: ${name}
steps:
  images:
    matrix: { number: [${Array.from({ length: shots }, (_, index) => index + 1).join(', ')}] }
    model: photogpt:nanobanana-pro
    prompt: "${name}, fox {{ number }}"
    name: "fox {{ number }}"
`;

describe('a batch that is steered from another process', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ jobMs, jitter: 0 });
    stage.write('shotlist.yaml', account);
    await stage.startWorker();
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const acceptedOf = (batch: string) =>
    stage.simulator.book.accepted.filter(({ request }) =>
      JSON.stringify(request).includes(`${batch}, fox`),
    );
  const startRun = async (batch: string) => {
    stage.simulator.settings.jobMs = jobMs;
    stage.write(`${batch}.yaml`, batchOf(batch));
    const running = stage.start(['run', `${batch}.yaml`, '--yes']);
    await until('a shot is accepted', () => {
      if (running.process.exitCode !== null) throw new Error(running.output());
      return acceptedOf(batch).length > 0;
    });
    return running;
  };
  const finish = async (batch: string) => {
    stage.simulator.settings.jobMs = 50;
    const { code, stdout } = await stage.run(['run', `${batch}.yaml`, '--yes']);
    expect(stdout).toContain(`${shots} of ${shots} shots have their files`);
    expect(code).toBe(0);
    expect(acceptedOf(batch)).toHaveLength(shots);
    expect(stage.simulator.book.duplicates()).toEqual([]);
  };

  it('pauses, waits with exit 4, and completes after resume', async () => {
    const running = await startRun('paused');
    expect(await stage.run(['pause', 'paused'])).toMatchObject({ code: 0 });
    const { code, stdout } = await running.ended;
    expect(stdout).toContain('shotlist resume paused');
    expect(code).toBe(4);
    expect(acceptedOf('paused').length).toBeLessThan(shots);
    const refused = await stage.run(['run', 'paused.yaml', '--yes']);
    expect(refused).toMatchObject({ code: 4 });
    expect(refused.stderr).toContain('paused is paused');
    stage.simulator.settings.jobMs = 50;
    expect((await stage.run(['resume', 'paused'])).code).toBe(0);
    expect((await stage.run(['watch', 'paused'])).code).toBe(0);
    expect(acceptedOf('paused')).toHaveLength(shots);
  });

  it('refuses a changed file while it runs, collects what is paid when cancelled, goes on', async () => {
    const running = await startRun('cancelled');
    stage.write('cancelled.yaml', `${batchOf('cancelled')}    aspectRatio: "1:1"\n`);
    const changed = await stage.run(['run', 'cancelled.yaml', '--yes']);
    expect(changed.code).toBe(2);
    expect(changed.stderr).toContain('shotlist cancel cancelled');
    expect((await stage.run(['cancel', 'cancelled'])).code).toBe(0);
    const { code } = await running.ended;
    expect(code).toBe(4);
    const paid = acceptedOf('cancelled').length;
    expect(paid).toBeLessThan(shots);
    expect(await stage.json(['status', 'cancelled'])).toMatchObject({
      value: { state: 'cancelled', outputs: paid },
    });
    stage.write('cancelled.yaml', batchOf('cancelled'));
    await finish('cancelled');
  });

  it('is let go by Ctrl-C, and the next run goes on', async () => {
    const running = await startRun('detached');
    running.process.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(stderr).toContain('detached; continue with: shotlist run detached.yaml');
    expect(code).toBe(4);
    await finish('detached');
  });

  it('refuses a second file with the name of another', async () => {
    stage.write('other.yaml', batchOf('detached'));
    const { code, stderr } = await stage.run(['run', 'other.yaml', '--yes']);
    expect(code).toBe(2);
    expect(stderr).toContain('the batch name detached belongs to');
  });
});

describe('a batch whose run serves itself', () => {
  /** Nothing of the shared server: the command brings its own, and a worker. */
  const embedded = { TEMPORAL_ADDRESS: undefined, TEMPORAL_NAMESPACE: undefined };
  const longMs = 600_000;
  const open = async (inFlight: number) => {
    let aheadMs = 0;
    const clock = { now: () => Date.now() + aheadMs };
    const stage = await openStage({ jobMs: longMs, jitter: 0, clock });
    stage.write('shotlist.yaml', account.replace('inFlight: 2', `inFlight: ${inFlight}`));
    stage.write(
      'two.yaml',
      'batch: two\nsteps:\n' +
        '  draw: { matrix: { n: [1, 2] }, model: "photogpt:nanobanana", prompt: "fox {{ n }}", name: "{{ n }}" }\n' +
        '  again: { from: draw, model: "photogpt:nanobanana", prompt: again }\n',
    );
    const { book } = stage.simulator;
    const running = stage.start(['run', 'two.yaml', '--yes'], embedded);
    await until('shots are paid for', () => book.accepted.length === inFlight, 60_000);
    return { stage, running, letJobsEnd: () => void (aheadMs += 2 * longMs) };
  };
  const run = (stage: Stage, ...args: string[]) => stage.run(args, embedded);
  const outputs = async (stage: Stage) => await stage.json(['status', 'two']);

  it('is paused only when its paid files are here, and says how to go on', async () => {
    const { stage, running, letJobsEnd } = await open(1);
    await using _ = stage;
    expect((await run(stage, 'pause', 'two')).code).toBe(0);
    await until('the run says so', () => running.output().includes('two is paused'));
    // Longer than a run without jobs stays.
    await Promise.race([running.ended, delay(8_000)]);
    expect(running.process.exitCode).toBeNull();
    letJobsEnd();
    const { code, stdout } = await running.ended;
    expect(stdout).toMatch(/^two: 1 of [23] shots have their files \([12] waiting\); paused/);
    expect(stdout).toContain('shotlist resume two');
    expect([code, stage.simulator.book.accepted.length]).toEqual([4, 1]);
    expect(await outputs(stage)).toMatchObject({ code: 4, value: { outputs: 1 } });
  }, 120_000);

  it('is cancelled only when its paid files are here', async () => {
    const { stage, running, letJobsEnd } = await open(1);
    await using _ = stage;
    expect((await run(stage, 'cancel', 'two')).code).toBe(0);
    // Longer than a run without jobs stays.
    await Promise.race([running.ended, delay(8_000)]);
    expect(running.process.exitCode).toBeNull();
    letJobsEnd();
    const { code, stdout } = await running.ended;
    expect(stdout).toMatch(/^two: 1 of [23] shots have their files .*; cancelled/);
    expect([code, stage.simulator.book.accepted.length]).toEqual([4, 1]);
    expect(await outputs(stage)).toMatchObject({ value: { outputs: 1 } });
  }, 120_000);

  it('names the command that fetches what is paid for where it is left while paused', async () => {
    const { stage, running, letJobsEnd } = await open(1);
    await using _ = stage;
    expect((await run(stage, 'pause', 'two')).code).toBe(0);
    running.process.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect(stderr).toContain('fetch what is paid for with: shotlist collect two');
    expect(stdout).toContain('shotlist collect two');
    expect(code).toBe(4);
    letJobsEnd();
    const collected = await run(stage, 'collect', 'two');
    expect(collected.stdout).toContain('two: all its paid files are on disk');
    expect([collected.code, stage.simulator.book.accepted.length]).toEqual([0, 1]);
    expect(await outputs(stage)).toMatchObject({ code: 4, value: { state: 'paused', outputs: 1 } });
  }, 120_000);

  it('is not complete where it is cancelled between two steps', async () => {
    const { stage, running, letJobsEnd } = await open(2);
    await using _ = stage;
    expect((await run(stage, 'cancel', 'two')).code).toBe(0);
    letJobsEnd();
    const { code, stdout } = await running.ended;
    expect(stdout).toContain('two: 2 of 2 shots have their files; cancelled');
    expect(stdout).toContain('not made   the shots of the step again for 2 files');
    expect(stdout).toContain('shotlist run two.yaml');
    expect(stdout).not.toContain('shotlist resume');
    expect(code).toBe(4);
    expect((await stage.run(['status', 'two'])).code).toBe(4);
  }, 120_000);
});
