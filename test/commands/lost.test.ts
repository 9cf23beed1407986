import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDesk } from './desk.ts';
import { type Desk, key, leaveBatch } from './paid-batch.ts';

describe('a file that the vendor lost', () => {
  let desk: Desk;
  beforeEach(async () => {
    desk = await openDesk();
    await leaveBatch(desk, async (ledger, id) => {
      await ledger.submissions.loseOutput(id, 0, 'the vendor no longer has the file');
      await ledger.batches.finishRun('pots', 1, 'incomplete');
    });
  });
  afterEach(() => desk.close());

  it('is shown with what was paid for it', async () => {
    const status = await desk.run(['status', 'pots']);
    expect(status.stdout).toContain(
      'its file was lost at the vendor (the vendor no longer has the file); paid: 10 credits: draw/pot',
    );
    expect(status.stdout).toContain('10 credits of it for files that the vendor lost');
    expect(status.code).toBe(3);
    const receipt = await desk.json<object>(['receipt', 'pots']);
    expect(receipt).toMatchObject({
      accounts: [{ spent: '10', lost: '10' }],
      submissions: [
        { state: 'lost', lost: [{ output: 0, why: 'the vendor no longer has the file' }] },
      ],
    });
    expect((await desk.run(['receipt', 'pots'])).stdout).toMatch(
      /draw\/pot +its file was lost at the vendor; paid: 10 credits +\w+/,
    );
  });

  it('is asked for once more before anybody pays again: what is to be had is saved', async () => {
    const { stderr, stdout, code } = await desk.run(['run', 'pots.yaml'], key);
    expect(stderr).toContain('asking photogpt again for 1 file that it had lost');
    expect(stderr).toContain('draw/pot: photogpt has its file after all; saved, nothing is paid');
    expect(stdout).toContain('pots: 1 of 1 shots have their files (1 cached); finished');
    expect(code).toBe(0);
    expect(existsSync(join(desk.folder, 'out', 'pots', 'draw', 'pot.jpg'))).toBe(true);
    expect(desk.simulator.book.accepted).toHaveLength(1);
    expect(await desk.json(['receipt', 'pots'])).toMatchObject({
      accounts: [{ spent: '10', lost: '0' }],
      submissions: [{ state: 'succeeded', lost: [] }],
    });
  });

  it('is paid for again only when the vendor was asked, and by the person who says so', async () => {
    desk.simulator.settings.faults = [{ kind: 'download-error', status: 404 }];
    const { stderr, code } = await desk.run(['run', 'pots.yaml'], key, ['n']);
    expect(stderr).toMatch(/lost still: draw\/pot: answered 404: GET .*\/files\/.*\n/);
    expect(stderr).toMatch(/draw +1 +0 +0 +1 +0 +10 credits/);
    expect(stderr).toContain('Spend up to 10 credits at photogpt');
    expect(code).toBe(4);
    expect(desk.simulator.book.accepted).toHaveLength(1);
  });

  it('is collected, at no cost, when the vendor has it after all', async () => {
    const { stdout, stderr, code } = await desk.run(['collect'], key);
    expect(stderr).toContain('draw/pot: photogpt has its file after all; saved, nothing is paid');
    expect(stdout).toBe('pots: all its paid files are on disk or decided\n');
    expect(code).toBe(0);
    expect(existsSync(join(desk.folder, 'out', 'pots', 'draw', 'pot.jpg'))).toBe(true);
    expect((await desk.run(['status', 'pots'])).code).toBe(0);
    expect((await desk.run(['collect'], key)).stdout).toBe('Nothing is left to collect.\n');
  });

  it('is offered to be made again, at its price', async () => {
    const plan = await desk.json<object>(['plan', 'pots.yaml', '--shots']);
    expect(plan).toMatchObject({
      shots: { total: 1, retry: 1 },
      cost: [{ account: 'photogpt', amount: '10' }],
      entries: [{ status: 'retry', why: 'its file was lost at the vendor', price: '10' }],
    });
  });

  it('leaves nothing to collect', async () => {
    const { stdout, code } = await desk.run(['collect']);
    expect([stdout, code]).toEqual(['Nothing is left to collect.\n', 0]);
    expect(await desk.json(['collect', 'pots'])).toEqual({ batches: [] });
  });
});
