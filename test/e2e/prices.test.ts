import { afterEach, describe, expect, it } from 'vitest';
import type { PlanDocument } from '../../src/commands/json/plan.ts';
import type { SimulatorSettings } from '../../src/simulator/index.ts';
import { openStage, type Stage } from './stage.ts';

/** What the vendor's list says. */
const listed = 3;
const batch = (ids: readonly string[]): string => `\
batch: jugs
steps:
  images:
    matrix: { id: [${ids.join(', ')}] }
    model: gptimage2api:gpt-image-2
    prompt: "{{ id }} on warm paper"
    name: "{{ id }}"
`;

let stage: Stage;
afterEach(async () => stage[Symbol.asyncDispose]());

/** One job at a time, so that what a bill changes is seen by the next. */
async function openShop(settings: Partial<SimulatorSettings>, ids: readonly string[]) {
  stage = await openStage({ jobMs: 100, ...settings });
  stage.write(
    'shotlist.yaml',
    `accounts:
  gptimage2api:
    limits: { inFlight: 1 }
    timeouts: { pollFirstMs: 100, pollMs: 200 }
`,
  );
  stage.write('jugs.yaml', batch(ids));
  await stage.startWorker();
}

const charged = (): number =>
  stage.simulator.book.accepted.reduce((sum, { cost }) => sum + cost, 0);
const plan = async (): Promise<PlanDocument> =>
  (await stage.json<PlanDocument>(['plan', 'jugs.yaml'])).value;
const spent = async (): Promise<string | undefined> =>
  (await stage.json<{ spent: { amount: string }[] }>(['status', 'jugs'])).value.spent[0]?.amount;

describe('a vendor that bills more than its list says', () => {
  it('is believed: the accepted sum holds, and the next run asks at the new price', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    await openShop({ prices: { gptimage2api: { 'gpt-image-2': 12 } } }, ids);
    expect((await plan()).cost).toMatchObject([{ amount: String(8 * listed), basis: 'exact' }]);
    const first = await stage.run(['run', 'jugs.yaml', '--yes']);
    expect(first.code).toBe(4);
    expect(first.stdout).toContain('stopped: the accepted plan of gptimage2api is used up');
    expect(first.stdout).toContain(
      'price: gptimage2api charges 12 credits for gpt-image-2, planned at 3 credits',
    );
    expect(first.stdout).not.toContain('shotlist resume');
    expect(first.stderr).toMatch(/saved +images\/\w +12 credits/);
    expect(charged()).toBe(24);
    expect(await spent()).toBe('24');
    expect(await plan()).toMatchObject({
      cost: [{ amount: '72', basis: 'billed' }],
      billed: [{ account: 'gptimage2api', model: 'gpt-image-2', unit: 'credits', amount: '12' }],
    });
    const second = await stage.run(['run', 'jugs.yaml', '--yes']);
    expect(second.code).toBe(0);
    expect(second.stdout).not.toContain('charges');
    expect(charged()).toBe(8 * 12);
    expect(await spent()).toBe('96');
  });
});

describe('a vendor that gives money back some time after it said so', () => {
  it('is waited for before a person is asked for more', async () => {
    await openShop({ refundLagMs: 3_000, faults: [{ kind: 'job-fails', nth: [1, 2] }] }, [
      'a',
      'b',
    ]);
    const { code, stdout } = await stage.run(['run', 'jugs.yaml', '--yes']);
    expect(stdout).toContain('2 of 2 shots have their files');
    expect(code).toBe(0);
    expect(stage.simulator.book.accepted).toHaveLength(4);
    expect(await spent()).toBe(String(2 * listed));
  });
});
