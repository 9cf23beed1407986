import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { announceSession, liveSessions } from '../../src/commands/engine/live-sessions.ts';
import { useEmbeddedServer } from '../../src/temporal/embedded.ts';
import { openStage, type Running, type Stage } from '../e2e/stage.ts';
import { openDesk } from './desk.ts';

const batchOf = (name: string): string => `\
batch: ${name}
steps:
  draw: { model: "photogpt:nanobanana", prompt: a ${name}, name: ${name} }
`;
const key = 'pg_live_a-key-that-nobody-may-see';
const settings = `# the key of last year: ${key}\naccounts: { photogpt: { prices: { nanobanana: 10 } } }\n`;

describe('backup and restore', () => {
  let stage: Stage;
  let worker: Running;
  beforeAll(async () => {
    stage = await openStage({ jobMs: 50 });
    stage.write('shotlist.yaml', settings);
    stage.write('fox.yaml', batchOf('fox'));
    stage.write('hen.yaml', batchOf('hen'));
    worker = await stage.startWorker();
    expect((await stage.run(['run', 'fox.yaml', '--yes'])).code).toBe(0);
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const at = (...parts: string[]): string => join(stage.folder, ...parts);
  const environment = { PHOTOGPT_API_KEY: key };
  const asides = (): string[] =>
    readdirSync(at('.shotlist')).filter((name) => name.startsWith('ledger-before-'));

  it('a backup is made while a worker runs, says what it holds, and has no key', async () => {
    const { code, stdout, stderr } = await stage.run(['backup', 'kept.shotlist'], environment);
    expect(stdout).toMatch(/^wrote kept\.shotlist\n {2}made +2\d{3}-.* UTC\n/);
    expect(stdout).toContain('batches    1: fox (finished)\n  requests   1\n');
    expect(stdout).toContain('money      10 credits spent at photogpt');
    expect(stdout).toContain('settings   shotlist.yaml');
    expect(stderr).toContain('shotlist restore kept.shotlist');
    expect(code).toBe(0);
    const bytes = readFileSync(at('kept.shotlist'), 'latin1');
    expect(bytes).toContain('the key of last year: [key]');
    expect(bytes).not.toContain(key);
  });

  it('a backup replaces no file unless it is told to, and never the ledger', async () => {
    const again = await stage.run(['backup', 'kept.shotlist'], environment);
    expect(again.stderr).toContain('kept.shotlist already exists');
    expect(again.code).toBe(2);
    const forced = await stage.run(['backup', 'kept.shotlist', '--force', '--json'], environment);
    expect(JSON.parse(forced.stdout)).toMatchObject({
      file: at('kept.shotlist'),
      batches: [{ batch: 'fox', state: 'finished' }],
      requests: 1,
      money: [{ account: 'photogpt', unit: 'credits', spent: '10', reserved: '0' }],
      settings: true,
    });
    const own = await stage.run(['backup', '.shotlist/ledger.db', '--force']);
    expect(own.stderr).toContain('is the ledger itself');
    expect(own.code).toBe(2);
  });

  it('a restore is refused while something works on the project, which is named', async () => {
    const { code, stderr } = await stage.run(['restore', 'kept.shotlist', '--yes']);
    expect(stderr).toContain(
      `shotlist worker (process ${worker.process.pid}) works on this project`,
    );
    expect(stderr).toContain(`kill -INT ${worker.process.pid}`);
    expect(code).toBe(2);
    expect(asides()).toEqual([]);
  });

  it('a restore puts the backup in its place, and says what it may not know', async () => {
    expect((await stage.run(['run', 'hen.yaml', '--yes'])).code).toBe(0);
    worker.process.kill('SIGINT');
    await worker.ended;
    const asked = await stage.run(['restore', 'kept.shotlist']);
    expect(asked.stderr).toContain('The present ledger knows 1 request that the backup does not');
    expect(asked.stderr).toContain('confirm with --yes');
    expect(asked.code).toBe(2);
    const { code, stdout, stderr } = await stage.run(['restore', 'kept.shotlist', '--yes']);
    expect(stdout).toContain('restored the ledger of ');
    expect(stdout).toMatch(/before +\.shotlist\/ledger-before-\d{8}-\d{6}-\w+\.db/);
    expect(stdout).toContain('shotlist.yaml stays; the backup has other lines (-):');
    expect(stdout).toContain('- # the key of last year: [key]');
    expect(stderr).toContain('that this ledger does not know: a backup was restored');
    expect(code).toBe(0);
    expect(readFileSync(at('shotlist.yaml'), 'utf8')).toBe(settings);
    expect(asides()).toHaveLength(1);
    expect((await stage.run(['status', 'hen'])).stderr).toContain('batches here: fox');
    const plan = await stage.run(['plan', 'fox.yaml']);
    expect(plan.stderr).toContain('that this ledger does not know: a backup was restored');
    expect((await stage.run(['doctor'])).stdout).toMatch(/gap +bad +requests may have been sent/);
  });

  it('a restore is refused while a Temporal server of the project runs, which is named', async () => {
    const server = await useEmbeddedServer({
      stateDir: at('.shotlist'),
      server: inject('temporalServer'),
      onProgress: () => undefined,
    });
    const { pid } = JSON.parse(readFileSync(at('.shotlist', 'server.json'), 'utf8')) as Record<
      string,
      number
    >;
    const { code, stderr } = await stage.run(['restore', 'kept.shotlist', '--yes']);
    await server.leave();
    expect(stderr).toContain(`the Temporal server of this project still runs (process ${pid})`);
    expect(stderr).toContain(`kill ${pid}`);
    expect(code).toBe(2);
  });

  it('a restore writes shotlist.yaml where there is none', async () => {
    rmSync(at('shotlist.yaml'));
    rmSync(at('.shotlist'), { recursive: true });
    const { code, stdout } = await stage.run(['restore', 'kept.shotlist', '--yes', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      settings: { state: 'written', differences: [] },
      gaps: [{ why: 'a backup was restored' }],
    });
    expect(code).toBe(0);
    expect(readFileSync(at('shotlist.yaml'), 'utf8')).toContain('prices: { nanobanana: 10 }');
    expect((await stage.run(['status', 'fox'])).code).toBe(0);
  });

  it('a restore is refused where the file is no backup', async () => {
    const { code, stderr } = await stage.run(['restore', 'fox.yaml', '--yes']);
    expect(stderr).toContain('it is no database (SQLITE_NOTADB)');
    expect(code).toBe(2);
  });
});

describe('a person who restores', () => {
  it('is asked first, and a no changes nothing', async () => {
    const desk = await openDesk();
    try {
      desk.write('fox.yaml', batchOf('fox'));
      await desk.run(['plan', 'fox.yaml']);
      const lost = await desk.run(['backup', 'backups/kept.shotlist']);
      expect(lost.stderr).toContain(`make it: mkdir -p ${join(desk.folder, 'backups')}`);
      expect(lost.code).toBe(2);
      expect(existsSync(join(desk.folder, 'backups'))).toBe(false);
      expect((await desk.run(['backup', 'kept.shotlist'])).code).toBe(0);
      const declined = await desk.run(['restore', 'kept.shotlist'], {}, ['n']);
      expect(declined.stderr).toContain('Replace ');
      expect(declined.stderr).toContain('nothing was changed');
      expect(declined.code).toBe(4);
      expect((await desk.run(['restore', 'kept.shotlist'], {}, ['y'])).code).toBe(0);
      expect(existsSync(join(desk.folder, 'shotlist.yaml'))).toBe(false);
    } finally {
      await desk.close();
    }
  });

  it('hears that there is no ledger to back up', async () => {
    const desk = await openDesk();
    const { code, stderr } = await desk.run(['backup', 'kept.shotlist']);
    expect(stderr).toContain('there is no ledger in');
    expect(code).toBe(2);
    await desk.close();
  });
});

describe('sessions', () => {
  it('are seen while their process lives, and no longer', async () => {
    const desk = await openDesk();
    const { folder } = desk;
    expect(await liveSessions(folder)).toEqual([]);
    const session = await announceSession(folder, 'run');
    expect(await liveSessions(folder)).toEqual([{ role: 'run', pid: process.pid }]);
    session.leave();
    expect(await liveSessions(folder)).toEqual([]);
    // Left behind by a process that was killed.
    writeFileSync(join(folder, 'sessions', '999-worker-abcd1234.lock'), '');
    expect(await liveSessions(folder)).toEqual([]);
    expect(readdirSync(join(folder, 'sessions'))).toEqual([]);
    await desk.close();
  });
});
