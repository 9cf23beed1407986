import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDesk } from './desk.ts';

const withKey = { WONDA_API_KEY: 'demo' };
const batch = (model: string) => `
batch: foxes
steps:
  fox:
    model: ${model}
    prompt: a fox
    resolution: [1K, 2K]
`;

interface Plan {
  readonly plan: string;
  readonly cost: readonly { account: string; amount: string | null; basis: string }[];
}

describe('a batch whose prices only its vendor knows', () => {
  let desk: Awaited<ReturnType<typeof openDesk>>;
  beforeEach(async () => {
    desk = await openDesk();
    desk.write('foxes.yaml', batch('wonda:nano-banana-2'));
  });
  afterEach(() => desk.close());

  it('is planned at quoted prices, each asked for once', async () => {
    const first = await desk.run(['plan', 'foxes.yaml', '--json'], withKey);
    expect(first.stderr).toBe('asking wonda for 2 prices\n');
    const plan = JSON.parse(first.stdout) as Plan;
    const money = { amount: '0.1', basis: 'quoted', cap: null, used: '0', standing: null };
    expect(plan.cost).toEqual([{ account: 'wonda', unit: 'usd', ...money }]);
    const second = await desk.run(['plan', 'foxes.yaml', '--json'], withKey);
    expect(second).toEqual({ ...first, stderr: '' });
  });

  it('has unknown prices without a key, unless they were asked for before', async () => {
    const before = await desk.json<Plan>(['plan', 'foxes.yaml']);
    expect(before.cost[0]).toMatchObject({ amount: null, basis: 'unknown' });
    await desk.run(['plan', 'foxes.yaml'], withKey);
    const after = await desk.json<Plan>(['plan', 'foxes.yaml']);
    expect(after.cost[0]).toMatchObject({ amount: '0.1', basis: 'quoted' });
  });

  it('is planned all the same when the vendor is down, with a note', async () => {
    await desk.closeSimulator();
    const { code, stdout, stderr } = await desk.run(['plan', 'foxes.yaml'], withKey);
    expect(code).toBe(0);
    expect(stderr).toContain('wonda could not be asked for its models');
    expect(stderr).toContain('wonda could not be asked for every price');
    expect(stdout).toContain('2 requests at wonda with unknown prices');
  });

  it('may use a model that only the live list names, once plan has asked for it', async () => {
    desk.write('foxes.yaml', batch('wonda:lumen-image-1').replace(/ +resolution.*\n/, ''));
    const early = await desk.run(['validate', 'foxes.yaml'], withKey);
    expect(early.code).toBe(2);
    expect(early.stderr).toContain('wonda has no model lumen-image-1');
    const plan = await desk.json<Plan>(['plan', 'foxes.yaml'], withKey);
    expect(plan.cost[0]?.basis).toBe('quoted');
    expect((await desk.run(['validate', 'foxes.yaml'])).code).toBe(0);
  });

  it('has a mistake where the vendor says so instead of a price, in its words', async () => {
    desk.write(
      'foxes.yaml',
      `batch: foxes
models:
  novel: { use: 'wonda:novel-1', unchecked: true }
steps:
  fox: { model: novel, prompt: a fox }
  hen: { model: 'wonda:nano-banana-2', prompt: a hen }
`,
    );
    const { code, stderr, stdout } = await desk.run(['plan', 'foxes.yaml'], withKey);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('foxes.yaml:5');
    expect(stderr).toContain("Wonda answered 400: unknown model 'novel-1'; validation_error");
    expect(stderr).not.toContain('--unknown-prices');
  });

  it('asks no vendor that the batch does not name', async () => {
    desk.write('foxes.yaml', batch('photogpt:nanobanana-pro'));
    const { stderr } = await desk.run(['plan', 'foxes.yaml'], withKey);
    expect(stderr).toBe('');
  });
});
