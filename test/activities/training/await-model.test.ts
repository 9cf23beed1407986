import { afterEach, describe, expect, it } from 'vitest';
import type {
  AwaitModelInput,
  AwaitModelResult,
} from '../../../src/activities/training/await-model.ts';
import type { RunInput } from '../../../src/activities/own-work.ts';
import type { Twist } from '../../http/twist.ts';
import { openStudio, type Studio } from '../studio.ts';

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

const deadline = { sendBy: Number.MAX_SAFE_INTEGER, timeoutMs: 5_000, now: () => 0 };
const image = Buffer.from('\xff\xd8\xff\xe0a image', 'latin1');

/** A studio, and a model at the vendor that somebody has made, and trained unless it is to stay new. */
async function openWithModel(
  settings: Parameters<typeof openStudio>[0] = {},
  { train = true, twist }: { train?: boolean; twist?: Twist } = {},
): Promise<string> {
  studio = await openStudio(settings, {}, {}, twist && { twist });
  const port = studio.access.provider.train;
  if (!port) throw new Error('the vendor trains no models');
  const id = await port.create({ name: 'Anna', subject: { gender: 'Female', age: 29 } });
  for (let index = 0; index < 12; index++) {
    const bytes = Buffer.concat([image, Buffer.from([index])]);
    const path = await studio.blobs.path(await studio.blobs.put(bytes));
    const facts = { sha256: `${index}`, mime: 'image/jpeg', bytes: bytes.length };
    await port.addImage(id, { ...facts, name: `${index}.jpg`, path, trainedModel: id });
  }
  if (train) await port.start(id, deadline);
  return id;
}

const batchOf = (id: string): string => `batch: anna
models: { anna: { train: { account: photogpt, id: '${id}' } } }
steps:
  portraits:
    rows: [{ place: Lisbon }, { place: Oslo }]
    model: anna
    prompt: Anna in {{ place }}
`;

async function begin(id: string): Promise<{ run: RunInput; input: AwaitModelInput }> {
  const run = await studio!.startRun(batchOf(id));
  const { models = [] } = await studio!.planOf(run, 'portraits', 1);
  const [model] = models;
  if (!model) throw new Error('no model is waited for');
  const { account, lane } = model;
  return { run, input: { ...run, account, lane, id, sinceMs: studio!.deps.now() } };
}

/** As the workflow does. */
async function wait(input: AwaitModelInput): Promise<AwaitModelResult> {
  const { environmentOf, activities } = studio!;
  return await environmentOf().run(activities.awaitModel, input);
}

async function whys(): Promise<readonly (string | null)[]> {
  const found = [];
  for await (const { state, why } of studio!.ledger.reports.shots('anna'))
    found.push(state === 'blocked' ? why : state);
  return found;
}

const looks = (): number => studio!.simulator.book.requests['GET /photogpt/models/:id 200'] ?? 0;

describe('a model that is given by its id', () => {
  it('is waited for, and no shot is refused because it came early', async () => {
    const id = await openWithModel({ trainingMs: 400 });
    const { run, input } = await begin(id);
    expect(await wait(input)).toEqual({ kind: 'ready' });
    expect(studio!.lines).toContainEqual(`photogpt: the model ${id} is training; its shots wait`);
    const { results, planned } = await studio!.runStep(run, 'portraits', 2);
    expect(planned.models).toEqual([]);
    expect(results).toMatchObject([{ kind: 'done', saved: 2 }]);
    const { requests } = studio!.simulator.book;
    expect(Object.keys(requests).filter((route) => /POST .* 4\d\d$/.test(route))).toEqual([]);
  });

  it('is looked at once in a run, and again in the next', async () => {
    const id = await openWithModel({ trainingMs: 1 });
    const { run, input } = await begin(id);
    await wait(input);
    expect((await studio!.planOf(run, 'portraits', 2)).models).toEqual([]);
    const again = await studio!.startRun(batchOf(id));
    expect((await studio!.planOf(again, 'portraits', 1)).models).toMatchObject([{ id }]);
  });

  it.each<[string, Parameters<typeof openWithModel>, number, string]>([
    [
      'has failed',
      [{ trainingMs: 1, faults: [{ kind: 'job-fails', match: { path: '/train$' } }] }],
      0,
      'has failed: PhotoGPT reports failed without a reason',
    ],
    [
      'is not trained by anybody',
      [{}, { train: false }],
      11 * 60_000,
      'is not trained, and no training has begun',
    ],
    [
      'is training for ever',
      [{ trainingMs: 3_600_000 }],
      30_000,
      'is still training after its time limit',
    ],
  ])('that %s blocks its shots', async (_, given, passedMs, why) => {
    const id = await openWithModel(...given);
    const { input } = await begin(id);
    const result = await wait({ ...input, sinceMs: input.sinceMs - passedMs });
    expect(result).toEqual({ kind: 'failed' });
    expect(await whys()).toEqual(Array(2).fill(`the model ${id} ${why}`));
    expect(studio!.simulator.book.accepted.filter(({ kind }) => kind !== 'train')).toEqual([]);
  });

  it('that the vendor does not have blocks its shots', async () => {
    await openWithModel({}, { train: false });
    const { input } = await begin('nobody');
    expect(await wait(input)).toEqual({ kind: 'failed' });
    expect(await whys()).toEqual(Array(2).fill('photogpt has no model nobody'));
  });

  it('that one answer alone calls unknown is waited for', async () => {
    let denials = 0;
    const twist: Twist = ({ method, path }) =>
      method === 'GET' && /\/models\/[^/]+$/.test(path) && ++denials < 3
        ? { status: 404, body: { status: 'NOK', message: 'model not found', result: null } }
        : undefined;
    const id = await openWithModel({ trainingMs: 1 }, { twist });
    const { input } = await begin(id);
    expect(await wait(input)).toEqual({ kind: 'ready' });
    expect(looks()).toBeGreaterThan(0);
  });

  it('stops its lane where the account is in problem, and goes on when that is over', async () => {
    const id = await openWithModel({ trainingMs: 1 });
    const { run, input } = await begin(id);
    studio!.simulator.settings.faults = [{ kind: 'unauthorized' }];
    expect(await wait(input)).toMatchObject({ kind: 'again' });
    const status = () => studio!.ledger.reports.status('anna');
    expect(await status()).toMatchObject({ isStopped: true, blocks: [{ reason: 'badKey' }] });
    studio!.simulator.settings.faults = [];
    await studio!.ledger.batches.clearBlocks(run.batch);
    expect(await wait(input)).toEqual({ kind: 'ready' });
    expect(await status()).toMatchObject({ isStopped: false, stops: [] });
  });

  it('is not waited for when the batch is cancelled', async () => {
    const id = await openWithModel({ trainingMs: 60_000 });
    const { run, input } = await begin(id);
    await studio!.ledger.batches.setState(run.batch, 'cancelled', ['running']);
    expect(await wait(input)).toEqual({ kind: 'stopped' });
  });
});

describe('a model of a vendor that has no call for it', () => {
  it('is taken to be ready', async () => {
    studio = await openStudio(
      {},
      {},
      {},
      {
        account: 'productai',
        settingsFile: 'accounts: { productai: { dialect: b } }',
      },
    );
    const run = await studio.startRun(`batch: anna
models: { own: { train: { account: productai, id: model-1 } } }
steps:
  portraits: { model: own, prompt: a shoe, references: ['https://example.com/shoe.jpg'] }
`);
    const { models = [] } = await studio.planOf(run, 'portraits', 1);
    const [{ account, lane } = { account: '', lane: '' }] = models;
    const input = { ...run, account, lane, id: 'model-1', sinceMs: studio.deps.now() };
    expect(await wait(input)).toEqual({ kind: 'ready' });
    expect(Object.keys(studio.simulator.book.requests)).toEqual([]);
  });
});
