import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlannedShot } from '../../src/batch/shot.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/index.ts';
import { openDesk } from './desk.ts';

const batch = `\
batch: pots
steps:
  draw: { model: "photogpt:nanobanana", prompt: a pot, name: pot }
`;

type Desk = Awaited<ReturnType<typeof openDesk>>;

/** Writes what a run leaves whose only file the vendor lost after it was paid. */
async function loseTheFile(desk: Desk): Promise<void> {
  const shown = await desk.run(['plan', 'pots.yaml', '--show', 'draw/pot']);
  const shot = JSON.parse(shown.stdout) as PlannedShot;
  const { account } = shot;
  const ledger = await openSqliteLedger({ path: join(desk.folder, '.shotlist', 'ledger.db') });
  const { submissions } = ledger;
  await ledger.batches.startRun({
    batch: 'pots',
    frozen: 'f'.repeat(64),
    ownerPath: join(desk.folder, 'pots.yaml'),
    policy: { retries: 0, paidRetries: 0, maxFailures: null, onAmbiguous: 'park' },
    budget: [],
    accepted: [{ account, unit: 'credits', cap: 1_000_000 }],
    unknownPrices: false,
    steps: [{ name: 'draw', from: [], pick: 'all' }],
  });
  await ledger.plans.putShots('pots', 1, [shot]);
  const [lane] = await ledger.plans.makeLanes('pots', 1, 'draw', 1);
  const range = { batch: 'pots', run: 1, lane: lane?.lane ?? '', account, from: 0, to: 1 };
  const claim = { window: 1, postTimeoutMs: 1_000, worker: 'test' };
  const id = (await ledger.claims.claim(range, claim)).granted[0]?.submission ?? '';
  await submissions.submitted(id, {}, 'job-1', { nextPollInMs: 1, giveUpInMs: 1 });
  const output = { remote: null, url: 'https://files.example.test/a', expiresAt: null };
  await submissions.succeeded(id, { outputs: [output], billed: null });
  await submissions.loseOutput(id, 0, 'the vendor no longer has the file');
  await ledger.batches.finishRun('pots', 1, 'incomplete');
  await ledger.close();
}

describe('a file that the vendor lost', () => {
  let desk: Desk;
  beforeEach(async () => {
    desk = await openDesk();
    desk.write('pots.yaml', batch);
    await loseTheFile(desk);
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
