import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage, until } from './stage.ts';

const batch = `\
batch: alone
steps:
  images:
    matrix: { number: [1, 2, 3, 4] }
    model: photogpt:nanobanana-pro
    prompt: fox {{ number }}
`;

/** Nothing of the shared server: the command brings its own, and a worker. */
const embedded = { TEMPORAL_ADDRESS: undefined, TEMPORAL_NAMESPACE: undefined };

describe('one command by itself', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ jobMs: 6_000, jitter: 0 });
    stage.write('shotlist.yaml', account);
    stage.write('alone.yaml', batch);
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it('is let go by Ctrl-C with its server and worker, and the next run goes on', async () => {
    const { book, settings } = stage.simulator;
    const first = stage.start(['run', 'alone.yaml', '--yes'], embedded);
    const hasStarted = () => {
      if (first.process.exitCode !== null) throw new Error(first.output());
      return book.accepted.length === 2;
    };
    await until('two shots are accepted', hasStarted, 60_000);
    first.process.kill('SIGINT');
    const { code, stderr } = await first.ended;
    expect(stderr).toContain('detached; continue with: shotlist run alone.yaml');
    expect(code).toBe(4);
    expect(existsSync(join(stage.folder, '.shotlist', 'server.json'))).toBe(false);

    settings.jobMs = 50;
    const next = await stage.run(['run', 'alone.yaml', '--yes'], embedded);
    expect(next.stdout).toContain('4 of 4 shots have their files');
    expect(next.code).toBe(0);
    expect(book.accepted).toHaveLength(4);
    expect(book.duplicates()).toEqual([]);
  }, 120_000);

  it('simulates vendors until Ctrl-C', async () => {
    const simulating = stage.start(['simulate', '--port', '0']);
    const url = () => /listens at (http:\S+)\. /.exec(simulating.output())?.[1];
    await until('the simulator listens', () => url() !== undefined);
    expect((await fetch(`${url()}/_simulator/book`)).status).toBe(200);
    simulating.process.kill('SIGINT');
    expect((await simulating.ended).code).toBe(0);
  });
});

const account = `\
accounts:
  photogpt: { limits: { inFlight: 2 }, timeouts: { pollFirstMs: 100, pollMs: 200 } }
`;
