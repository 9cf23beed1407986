import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announceSession } from '../../src/commands/engine/live-sessions.ts';
import { openDesk } from './desk.ts';
import { fillProject } from './json/example-project.ts';

interface Steered {
  state: string;
  next: string[];
}

/** `lookbook` runs by the ledger, and no process is there to run it. */
describe('a batch that no process runs', () => {
  let desk: Awaited<ReturnType<typeof openDesk>>;
  beforeEach(async () => {
    desk = await openDesk();
    await fillProject(desk);
  });
  afterEach(() => desk.close());
  const steer = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await desk.run([command, 'lookbook']);
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.not.stringMatching(/^error/),
    });
    return stdout;
  };
  const nextOf = async (...args: string[]): Promise<string[]> =>
    (await desk.json<Steered>(args)).next;

  it('may be paused, resumed and cancelled twice', async () => {
    expect(await steer('pause')).toContain('lookbook paused');
    expect(await steer('pause')).toContain('lookbook is already paused');
    expect(await steer('resume')).toContain('lookbook resumed');
    expect(await steer('resume')).toContain('lookbook is already running');
    expect(await steer('cancel')).toContain('lookbook cancelled');
    expect(await steer('cancel')).toContain('lookbook is already cancelled');
    const { code, stderr } = await desk.run(['pause', 'lookbook']);
    expect(code).toBe(2);
    expect(stderr).toContain('lookbook is cancelled; pause does not apply');
  });

  it('goes on by resume while it is paused, and by run otherwise', async () => {
    const resume = 'shotlist resume lookbook';
    const run = 'shotlist run lookbook.yaml';
    // Its paid jobs come first.
    expect(await nextOf('pause', 'lookbook')).toEqual(['shotlist collect lookbook']);
    const budget = ['budget', 'lookbook', 'photogpt', '60 credits'];
    expect(await nextOf(...budget)).toEqual([resume]);
    expect(await nextOf('status', 'lookbook')).toEqual([
      resume,
      'shotlist collect lookbook',
      'shotlist resolve lookbook',
    ]);
    expect(await nextOf('resolve', 'lookbook', 'one/Lisbon', '--again', '--yes')).toEqual([resume]);
    expect(await nextOf('resume', 'lookbook')).toEqual([run]);
    expect(await nextOf(...budget)).toEqual([run]);
    await desk.run(['cancel', 'lookbook']);
    expect(await nextOf('resume', 'lookbook')).toEqual([`start a new run: ${run}`]);
    expect(await nextOf('status', 'lookbook')).toEqual([run]);
  });

  it('is not called running, unless a worker may be elsewhere', async () => {
    const status = async (environment = {}): Promise<string> =>
      (await desk.run(['status', 'lookbook'], environment)).stdout.split('\n')[0] ?? '';
    const live = async (environment = {}) =>
      (await desk.json<{ live: boolean | null }>(['status', 'lookbook'], environment)).live;
    expect(await status()).toMatch(/; no process runs it now$/);
    expect(await live()).toBe(false);
    const server = { TEMPORAL_ADDRESS: '127.0.0.1:1' };
    expect(await status(server)).toMatch(/; running, if a worker elsewhere serves it$/);
    expect(await live(server)).toBeNull();
    const session = await announceSession(join(desk.folder, '.shotlist'), 'worker');
    expect(await status()).toMatch(/; running$/);
    expect(await live()).toBe(true);
    session.leave();
  });
});
