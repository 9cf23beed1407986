import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SubmissionLedger } from '../../src/ledger/port.ts';
import { openDesk } from './desk.ts';
import { type Desk, endRun } from './ended-run.ts';

const batch = `\
batch: pots
steps:
  draw: { model: "photogpt:nanobanana", prompt: a pot, name: pot }
`;

async function loseTheFile(submissions: SubmissionLedger, id: string): Promise<void> {
  const output = { remote: null, url: 'https://files.example.test/a', expiresAt: null };
  await submissions.succeeded(id, { outputs: [output], billed: null });
  await submissions.loseOutput(id, 0, 'the vendor no longer has the file');
}

describe('a file that the vendor lost', () => {
  let desk: Desk;
  beforeEach(async () => {
    desk = await openDesk();
    desk.write('pots.yaml', batch);
    await endRun(desk, 'pots.yaml', loseTheFile);
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
      /draw\/pot +its file was lost at the vendor; paid: 10 credits +job-1/,
    );
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
