import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Running, type Stage } from './stage.ts';

/** A vendor that lists no jobs, so that a person is asked. */
const batch = (name: string, ids: readonly string[]): string => `\
batch: ${name}
steps:
  images:
    matrix: { id: [${ids.join(', ')}] }
    model: gptimage2api:gpt-image-2
    prompt: "{{ id }} on warm paper"
    name: "{{ id }}"
`;

interface Gaps {
  readonly gaps: readonly { gap: number; why: string; closed: string | null }[];
}

describe('a ledger that was restored', () => {
  let stage: Stage;
  let worker: Running;
  const stop = async (): Promise<void> => {
    worker.process.kill('SIGTERM');
    await worker.ended;
  };
  const paid = (): number => stage.simulator.book.accepted.length;

  beforeAll(async () => {
    stage = await openStage({ jobMs: 50 });
    stage.write(
      'shotlist.yaml',
      'accounts: { gptimage2api: { timeouts: { pollFirstMs: 100, pollMs: 200 } } }\n',
    );
    stage.write('jugs.yaml', batch('jugs', ['a', 'b']));
    stage.write('cups.yaml', batch('cups', ['c']));
    worker = await stage.startWorker();
    expect((await stage.run(['run', 'jugs.yaml', '--yes'])).code).toBe(0);
    expect((await stage.run(['backup', 'kept.shotlist'])).code).toBe(0);
    expect((await stage.run(['run', 'cups.yaml', '--yes'])).code).toBe(0);
    await stop();
    expect((await stage.run(['restore', 'kept.shotlist', '--yes'])).code).toBe(0);
    worker = await stage.startWorker();
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it('sends nothing again that it may have sent since the backup', async () => {
    const { code, stderr, stdout } = await stage.run(['run', 'cups.yaml', '--yes']);
    expect(stderr).toContain('they are looked up before anything is sent again: shotlist gaps');
    expect(stderr).toMatch(/parked +images\/c +it may have been sent from /);
    expect(stdout).toContain('shotlist resolve cups');
    expect(code).toBe(3);
    expect(paid()).toBe(3);
    const look = await stage.run(['resolve', 'cups', '--look']);
    expect(look.stdout).toMatch(/images\/c +may have been sent in a gap of the ledger/);
    expect(look.stdout).toMatch(/sent +between .* and .*, or not at all, to gptimage2api/);
  });

  it('pays nothing for what it knew, and takes the job that a person names', async () => {
    const known = await stage.run(['run', 'jugs.yaml', '--yes']);
    expect(known.stdout).toContain('2 of 2 shots have their files (2 cached)');
    const job = stage.simulator.book.accepted.at(-1)?.id ?? '';
    expect((await stage.run(['resolve', 'cups', 'images/c', '--job', job])).code).toBe(0);
    const { code, stdout } = await stage.run(['run', 'cups.yaml', '--yes']);
    expect(stdout).toContain('1 of 1 shots have their files');
    expect(code).toBe(0);
    expect(paid()).toBe(3);
  });

  it('sends what is new once a person has closed the gap', async () => {
    const { gaps } = (await stage.json<Gaps>(['gaps'])).value;
    expect(gaps).toMatchObject([{ gap: 1, why: 'a backup was restored', closed: null }]);
    const refused = await stage.run(['gaps', '--close', '1']);
    expect(refused.stderr).toContain('may then be sent and paid again. Close it with --yes');
    expect(refused.code).toBe(2);
    expect((await stage.run(['gaps', '--close', '2', '--yes'])).stderr).toContain('open: 1');
    const closed = await stage.run(['gaps', '--close', '1', '--yes']);
    expect(closed.stdout).toMatch(/^1 {2}closed 2\d{3}-/);
    stage.write('bowls.yaml', batch('bowls', ['d']));
    const { code, stderr } = await stage.run(['run', 'bowls.yaml', '--yes']);
    expect(stderr).not.toContain('shotlist gaps');
    expect(code).toBe(0);
    expect(paid()).toBe(4);
  });
});
