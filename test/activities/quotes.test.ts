import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { catalogueOf } from '../../src/accounts/catalogue.ts';
import { LearnedAccounts } from '../../src/accounts/learned.ts';
import { createActivities } from '../../src/activities/index.ts';
import { loadConfig } from '../../src/config/config.ts';
import { everything } from '../ledger/fixture.ts';
import { openStudio, type Studio } from './studio.ts';

const source = `
batch: foxes
steps:
  fox:
    model: wonda:nano-banana-2
    prompt: a fox
`;

describe('planStep', () => {
  let studio: Studio;
  beforeEach(async () => {
    studio = await openStudio();
  });
  afterEach(() => studio.close());

  /** Plans the step in a worker with these variables, and answers its one shot. */
  async function planned(
    environment: Record<string, string>,
    { unknownPrices = false, batch = source } = {},
  ) {
    const { ledger, deps, home, simulator } = studio;
    const { accounts } = loadConfig(
      { SHOTLIST_HOME: home, WONDA_BASE_URL: simulator.baseUrls['wonda'], ...environment },
      home,
    );
    const learned = new LearnedAccounts({ ledger: ledger.learned, accounts: accounts.values() });
    const lanes = [...accounts.values()].map(
      ({ key, name, limits }) => [key, { name, inFlight: limits.inFlight }] as const,
    );
    const activities = createActivities({
      ...deps,
      lanes: new Map(lanes),
      catalogue: catalogueOf({ accounts }, learned.of),
      learned,
    });
    const accepted = [accounts.get('wonda')?.key ?? ''];
    const input = await studio.startRun(batch, { unknownPrices, accounts: accepted });
    await studio.environmentOf().run(activities.planStep, { ...input, step: 'fox', pass: 1 });
    const [shot] = await everything(ledger.reports.shots('foxes'));
    return shot;
  }

  it('asks for a price that nobody knows, with the key', async () => {
    const shot = await planned({ WONDA_API_KEY: 'demo' });
    expect(shot?.price).toEqual({ amount: 40_000, unit: 'usd', basis: 'quoted' });
  });

  it('leaves it unknown where the key is elsewhere', async () => {
    expect((await planned({}))?.price).toMatchObject({ amount: null });
  });

  it('leaves it unknown where unknown prices were accepted', async () => {
    const shot = await planned({ WONDA_API_KEY: 'demo' }, { unknownPrices: true });
    expect(shot?.price).toMatchObject({ amount: null });
  });

  it('blocks a shot that the vendor would not take, in its words', async () => {
    const batch = `batch: foxes
models: { novel: { use: 'wonda:novel-1', unchecked: true } }
steps: { fox: { model: novel, prompt: a fox } }
`;
    expect(await planned({ WONDA_API_KEY: 'demo' }, { batch })).toMatchObject({
      state: 'blocked',
      why: "Wonda answered 400: unknown model 'novel-1'; validation_error",
    });
  });
});
