import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownerOf, projectOf } from '../../../src/commands/project/owner.ts';
import { applySettings, openProject, ownBatches } from '../../../src/commands/project/project.ts';
import { type Config, loadConfig } from '../../../src/config/config.ts';
import { acceptedRun, options, plannedShots } from '../../ledger/fixture.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shotlist-settings-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (config: Config) => openProject({ folder: config.home, say: () => undefined }, config);
const budget = (amount: number): string =>
  `accounts: { photogpt: { budget: "${amount} credits" } }\n`;
const price = { amount: 6_000, unit: 'credits', basis: 'exact' } as const;

/** The project `two` in the project `one`, whose ledger it shares. */
function nested() {
  const [one, two] = [join(folder, 'one'), join(folder, 'one', 'two')];
  mkdirSync(two, { recursive: true });
  writeFileSync(join(one, 'shotlist.yaml'), '{}\n');
  writeFileSync(join(two, 'shotlist.yaml'), budget(10));
  writeFileSync(join(two, 'hen.yaml'), 'batch: hen\n');
  const ledger = `sqlite:${join(one, '.shotlist', 'ledger.db')}`;
  return {
    outer: loadConfig({}, one),
    inner: loadConfig({ SHOTLIST_LEDGER: ledger }, two),
    file: join(two, 'hen.yaml'),
  };
}

/** @returns claims everything that fits */
async function startHen(config: Config, file: string) {
  const project = await open(config);
  await applySettings(project);
  const account = config.accounts.get('photogpt')?.key ?? '';
  const { run } = await project.ledger.batches.startRun({
    ...acceptedRun('hen'),
    ownerPath: ownerOf(config, file),
    project: projectOf(config),
    accepted: [{ account, unit: 'credits', cap: 1_000_000 }],
    accounts: [account],
  });
  const { plans, claims } = project.ledger;
  await plans.putShots('hen', run, plannedShots(3, { account, price }));
  const [lane] = await plans.makeLanes('hen', run, 'one', 1);
  const range = { batch: 'hen', run, lane: lane?.lane ?? '', account, from: 0, to: 3 };
  const granted = async () => (await claims.claim(range, options)).granted.length;
  return { project, granted, [Symbol.asyncDispose]: () => project[Symbol.asyncDispose]() };
}

describe('the settings of a project', () => {
  it('keep their budget whatever a command of the project around it does', async () => {
    const { outer, inner, file } = nested();
    await using around = await open(outer);
    await applySettings(around);
    await using hen = await startHen(inner, file);
    expect(await hen.granted()).toBe(1);
    await (await open(outer))[Symbol.asyncDispose]();
    await applySettings(around, await ownBatches(around));
    expect(await hen.granted()).toBe(0);
  });

  it('are read again when they are applied: a person may have changed them at the question', async () => {
    const { inner, file } = nested();
    await using hen = await startHen(inner, file);
    expect(await hen.granted()).toBe(1);
    writeFileSync(join(inner.home, 'shotlist.yaml'), budget(12));
    await applySettings(hen.project);
    expect(await hen.granted()).toBe(1);
    expect(await hen.granted()).toBe(0);
  });

  it('count for a batch of an older ledger once the project serves it', async () => {
    const { inner, file } = nested();
    await using hen = await startHen(inner, file);
    await hen.project.ledger.batches.setProject('hen', '');
    writeFileSync(join(inner.home, 'shotlist.yaml'), budget(5));
    const rows = await ownBatches(hen.project);
    expect(rows.map(({ batch }) => batch)).toEqual(['hen']);
    await applySettings(hen.project, rows);
    expect(await hen.granted()).toBe(0);
  });
});
