import { afterEach, describe, expect, it } from 'vitest';
import { createActivities } from '../../src/activities/index.ts';
import { accountSettings, claimOne, plannedShot } from '../ledger/fixture.ts';
import { openStudio, type Studio } from './studio.ts';

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

const batch = `batch: fox
steps:
  draw: { model: "photogpt:nanobanana", prompt: a fox, name: fox, references: [] }
`;

describe('planning a step', () => {
  it('puts its shots where the run was accepted', async () => {
    studio = await openStudio();
    const input = await studio.startRun(batch);
    expect((await studio.planOf(input, 'draw', 1)).lanes).toMatchObject([{ shots: 1 }]);
  });

  it('refuses an account that has another address here than in the accepted plan', async () => {
    studio = await openStudio();
    const input = await studio.startRun(batch, {
      accounts: ['photogpt@https://elsewhere.example'],
    });
    await expect(studio.planOf(input, 'draw', 1)).rejects.toThrow(
      /photogpt is at http:\/\/127\.0\.0\.1:\d+ here, and the run was accepted with https:\/\/elsewhere\.example/,
    );
    expect((await studio.ledger.reports.status('fox'))?.steps).toMatchObject([{ total: 0 }]);
  });

  it('refuses a run with an account that this worker does not have, before any shot retires', async () => {
    studio = await openStudio();
    await studio.planOf(await studio.startRun(batch), 'draw', 1);
    const { key } = studio.access;
    const input = await studio.startRun(batch, { accounts: [key, 'acme@https://acme.example'] });
    await expect(studio.planOf(input, 'draw', 1)).rejects.toThrow(
      'this worker has no account acme',
    );
    expect((await studio.ledger.reports.status('fox'))?.steps).toMatchObject([{ total: 1 }]);
  });

  it('refuses a step that its own catalogue does not allow, before any shot retires', async () => {
    studio = await openStudio();
    const input = await studio.startRun(batch);
    await studio.planOf(input, 'draw', 1);
    const withoutModels = { ...studio.deps, catalogue: new Map() };
    const { planStep } = createActivities(withoutModels);
    const again = { ...input, step: 'draw', pass: 2 };
    await expect(studio.environmentOf().run(planStep, again)).rejects.toThrow(
      'the step draw cannot be planned here: there is no account photogpt',
    );
    expect((await studio.ledger.reports.status('fox'))?.steps).toMatchObject([{ total: 1 }]);
  });

  it('of a cancelled batch leaves out paid work at an account that is gone, and names it', async () => {
    studio = await openStudio();
    const { ledger, access, lines } = studio;
    const gone = 'acme@https://acme.example';
    const cap = { unit: 'credits', cap: 1_000_000 } as const;
    const input = await studio.startRun(batch, {
      accepted: [access.key, gone].map((account) => ({ account, ...cap })),
    });
    await studio.planOf(input, 'draw', 1);
    await ledger.batches.putAccounts([accountSettings({ account: gone })]);
    const shot = plannedShot(1, { step: 'draw', account: gone });
    await ledger.plans.putShots('fox', input.run, [shot]);
    for (const { lane, account } of await ledger.plans.makeLanes('fox', input.run, 'draw', 2))
      await claimOne(ledger, { batch: 'fox', run: input.run, lane, account, from: 0, to: 1 });
    await expect(studio.planOf(input, 'draw', 3)).rejects.toThrow('acme');

    await ledger.batches.setState('fox', 'cancelled', ['running']);
    expect((await studio.planOf(input, 'draw', 4)).lanes).toMatchObject([{ account: access.key }]);
    expect(lines.join()).toContain(`fox has paid work at ${gone}`);
  });
});
