import { join } from 'node:path';
import sharp from 'sharp';
import { loadConfig } from '../../../src/config/config.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/index.ts';
import { vendorById } from '../../../src/providers/registry.ts';
import { until } from '../../e2e/stage.ts';
import { accountSettings, claimOne, plannedShot, startBatch, times } from '../../ledger/fixture.ts';
import type { openDesk } from '../desk.ts';

export type Desk = Awaited<ReturnType<typeof openDesk>>;

/** The key of the only account that has one. */
export const environment = { PHOTOGPT_API_KEY: 'demo' };

const deadline = { sendBy: Number.MAX_SAFE_INTEGER, timeoutMs: 5_000, now: Date.now };
const batchFile = `\
batch: spring
steps:
  stills:
    model: "photogpt:nanobanana"
    prompt: 'a street in {{ place }}'
    matrix: { place: [Lisbon, Oslo] }
    name: '{{ place }}'
`;
const names = ['Lisbon', 'Oslo', 'Kyoto', 'Quito', 'Turin'];

/**
 * Makes a project with a batch that runs (`lookbook`), one that has ended (`cast`), a file that is valid and
 * one that is not. The vendor holds a job, a model and an image.
 */
export async function fillProject(desk: Desk): Promise<void> {
  desk.write('spring.yaml', batchFile);
  desk.write('wrong.yaml', batchFile.replace('matrix:', 'matrx:'));
  desk.write('shotlist.yaml', 'accounts: { photogpt: { budget: 900 credits per month } }\n');
  const baseUrl = desk.simulator.baseUrls['photogpt'] ?? '';
  const provider = vendorById('photogpt')?.connect({ baseUrl, apiKey: 'demo', settings: {} });
  if (!provider?.train) throw new Error('photogpt trains no models');
  const account =
    loadConfig({ PHOTOGPT_BASE_URL: baseUrl }, desk.folder).accounts.get('photogpt')?.key ?? '';
  const ledger = await openSqliteLedger({ path: join(desk.folder, '.shotlist', 'ledger.db') });
  await ledger.batches.putAccounts([accountSettings({ account })]);
  await startLookbook(ledger, { account, keyHash: ledger.keys.hash('demo', baseUrl) });
  const cast = await startBatch(ledger, 'cast', [], {});
  await ledger.batches.finishRun('cast', cast.run, 'complete');
  desk.simulator.settings.revealing = true;
  const { request } = shotsOf(account)[0]!;
  const start = { request, makes: 'image', trainedModel: undefined, references: [] } as const;
  const { job } = await provider.start(start, deadline);
  const isMade = async (): Promise<boolean> => (await provider.check(job)).state === 'succeeded';
  await until('the job is made', isMade);
  const anna = await provider.train.create({
    name: 'Anna',
    subject: { gender: 'Female', age: 29 },
  });
  const path = join(desk.folder, 'anna.png');
  await sharp({ create: { width: 8, height: 8, channels: 3, background: '#c40' } }).toFile(path);
  const file = { mime: 'image/png', bytes: 100, name: 'anna.png', path, sha256: 'a1' };
  await provider.train.addImage(anna, { ...file, trainedModel: undefined });
  await ledger.close();
}

const shotsOf = (account: string) =>
  names.map((name, ordinal) => {
    const model = 'nanobanana-pro';
    const { request } = plannedShot(ordinal);
    const choice = { kind: 'public', id: model } as const;
    const asked = { ...request, account: 'photogpt', model, choice, prompt: `a street in ${name}` };
    return plannedShot(ordinal, { account, name, request: asked });
  });

/** One shot is parked, one has a job, and the others wait. */
async function startLookbook(
  ledger: Ledger,
  { account, keyHash }: { readonly account: string; readonly keyHash: string },
): Promise<void> {
  const accepted = [{ account, unit: 'credits' as const, cap: 5_000 }];
  const lane = await startBatch(ledger, 'lookbook', shotsOf(account), {
    accepted,
    ownerPath: 'lookbook.yaml',
  });
  const range = { ...lane, account };
  const lost = await claimOne(ledger, range, { keyHash });
  await ledger.submissions.ambiguous(lost, 'reset');
  await ledger.submissions.park(lost, 'no answer came');
  const sent = await claimOne(ledger, range, { keyHash });
  await ledger.submissions.submitted(sent, { id: 'j1' }, 'j1', times);
}
