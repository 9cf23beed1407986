import { afterEach, describe, expect, it } from 'vitest';
import type { Twist } from '../http/twist.ts';
import type { ShotRow } from '../../src/ledger/port.ts';
import { openStudio, type Studio } from './studio.ts';

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

/** Runs one shot at a vendor whose answers about jobs are changed. */
async function run(
  model: string,
  job: Twist,
  settings: Parameters<typeof openStudio>[0] = {},
  more = '',
): Promise<ShotRow> {
  const [account = ''] = model.split(':');
  const twist: Twist = (answer) =>
    answer.method === 'GET' && /\/(jobs|tasks)\//.test(answer.path) ? job(answer) : undefined;
  studio = await openStudio(settings, { imageJobMs: 400 }, {}, { account, twist });
  const source = `batch: one\nsteps:\n  draw: { model: '${model}', prompt: a fox${more} }\n`;
  const input = await studio.startRun(source);
  await studio.runStep(input, 'draw');
  const shot = await studio.ledger.reports.shot('one', 'draw/draw');
  if (!shot) throw new Error('no shot');
  return shot;
}

const money = async () => (await studio?.ledger.reports.status('one'))?.accounts[0];

describe('a status that the documents of the vendor do not list', () => {
  it('ends the job with its word where they say that it is final', async () => {
    const shot = await run('photogpt:nanobanana', ({ body }) => ({
      body: { ...(body as object), result: { status: 'canceled' } },
    }));
    expect(shot).toMatchObject({ state: 'failed', why: 'PhotoGPT says canceled and no more' });
    expect(await money()).toMatchObject({ spent: 10_000, reserved: 0, ambiguous: 0 });
  });

  it('is running elsewhere, until the time limit has passed', async () => {
    const shot = await run('wonda:nano-banana-2', ({ body }) => ({
      body: { ...(body as object), status: 'polishing' },
    }));
    expect(shot).toMatchObject({
      state: 'parked',
      why: 'still "polishing" (not a documented status) after its time limit',
    });
  });
});
