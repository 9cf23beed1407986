import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { calls } from '../../src/simulator/calls.ts';
import { scopes } from '../../src/simulator/faults.ts';
import { defaultSettings } from '../../src/simulator/settings.ts';
import { bottle, finish, open } from './support.ts';

/** Ten jobs of which half may fail. */
async function run(seed: string, refundFailed: boolean) {
  const client = await open({ seed, failRate: 0.5, refundFailed });
  const states: string[] = [];
  for (let index = 0; index < 10; index += 1) states.push((await finish(client)).status);
  const refunds = client.simulator.book.accepted.filter(({ refunded }) => refunded).length;
  return { states, refunds };
}

describe('settings', () => {
  it('are all in the documents, and so are the faults', async () => {
    const page = await readFile(new URL('../../docs/simulator.md', import.meta.url), 'utf8');
    const names = [...Object.keys(defaultSettings), ...Object.keys(scopes), ...calls];
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('fail a share of the jobs by seed, with or without a refund', async () => {
    const { states, refunds } = await run('one', true);
    const failed = states.filter((state) => state === 'failed').length;
    expect(failed).toBeGreaterThan(0);
    expect(failed).toBeLessThan(10);
    expect(refunds).toBe(failed);
    expect(await run('one', false)).toEqual({ states, refunds: 0 });
  });

  it('vary how long jobs take', async () => {
    const client = await open({ jobMs: 1_000, jitter: 0.5 });
    for (let index = 0; index < 20; index += 1) await client.post('/images/generation', bottle);
    client.pass(499);
    const ended = () =>
      client.simulator.book.accepted.filter(({ state }) => state === 'success').length;
    expect(ended()).toBe(0);
    client.pass(501);
    expect(ended()).toBeGreaterThan(0);
    expect(ended()).toBeLessThan(20);
    client.pass(500);
    expect(ended()).toBe(20);
  });

  it('give out URLs at the address that clients know', async () => {
    const client = await open({ host: '0.0.0.0', publicUrl: 'http://simulator:7411' });
    expect(client.base).toBe('http://simulator:7411/photogpt');
  });

  it('do not leak from one simulator into the next', async () => {
    const first = await open();
    first.simulator.settings.prices['photogpt'] = { image: 1 };
    const second = await open();
    expect(second.simulator.settings.prices['photogpt']).toMatchObject({ image: 10 });
  });
});
