import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunInput } from '../../../src/activities/own-work.ts';
import type { Twist } from '../../http/twist.ts';
import { everything } from '../../ledger/fixture.ts';
import { openStudio, type Studio } from '../studio.ts';

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

const shoes = (model: string, prompt: string): string => `batch: shoes
steps:
  draw:
    rows: [{ place: Lisbon }, { place: Oslo }]
    model: ${model}
    prompt: ${prompt} in {{ place }}
    references: [shoe.jpg]
`;

async function open(
  account: string,
  { twist, ...more }: { twist?: Twist; settingsFile?: string } = {},
): Promise<Studio> {
  const opened = await openStudio(
    { downloadMs: 1 },
    {},
    { perMinute: undefined },
    { account, ...more, ...(twist && { twist }) },
  );
  const image = sharp({ create: { width: 8, height: 8, channels: 3, background: '#c60' } });
  writeFileSync(join(opened.home, 'shoe.jpg'), await image.jpeg().toBuffer());
  return opened;
}

/** As the workflow does: the step is planned, its files are brought, its shots are run. */
async function run(
  { startRun, planOf, environmentOf, activities, runStep }: Studio,
  source: string,
) {
  const input = await startRun(source);
  await bring({ planOf, environmentOf, activities }, input);
  await runStep(input, 'draw', 2);
  return input;
}

async function bring(
  { planOf, environmentOf, activities }: Pick<Studio, 'planOf' | 'environmentOf' | 'activities'>,
  input: RunInput,
): Promise<number> {
  const { uploads } = await planOf(input, 'draw', 1);
  for (const { account } of uploads)
    await environmentOf().run(activities.uploadReferences, {
      ...input,
      step: 'draw',
      account,
      slice: 0,
      slices: 1,
    });
  return uploads.reduce((sum, { files }) => sum + files, 0);
}

const statesOf = async ({ ledger }: Studio): Promise<readonly string[]> =>
  (await everything(ledger.reports.shots('shoes'))).map(({ state }) => state);
const whysOf = async ({ ledger }: Studio): Promise<readonly (string | null)[]> =>
  (await everything(ledger.reports.shots('shoes'))).map(({ why }) => why);

/** A vendor that has lost what was uploaded first: it neither shows it nor takes a request with it. */
function withoutFirstUpload(show: RegExp, start: RegExp): { twist: Twist; lose: () => void } {
  let first: string | undefined;
  let isLost = false;
  return {
    lose: () => void (isLost = true),
    twist: ({ method, path, body, sent }) => {
      const answer = body as { mediaId?: string; asset_id?: string };
      const error = { code: 'not_found', message: 'no such file' };
      first ??= answer.mediaId ?? answer.asset_id;
      if (!isLost || first === undefined) return undefined;
      if (method === 'POST' && start.test(path) && sent.includes(first))
        return { status: 400, body: { error: { ...error, code: 'bad_request' } } };
      if (method === 'GET' && show.test(path)) {
        if (path.includes(first)) return { status: 404, body: { error } };
        const text = JSON.stringify(body).replaceAll(first, 'another');
        return { body: JSON.parse(text) as unknown };
      }
      return undefined;
    },
  };
}

describe('an upload that the vendor has no more', () => {
  it.each([
    ['wonda', 'nano-banana-2', /\/media\//, /\/generate$/],
    ['productai', 'nanobanana', /\/my-uploaded-assets/, /\/generate$/],
  ])(
    'is made again before a later run asks %s for an image',
    async (account, model, show, start) => {
      const { twist, lose } = withoutFirstUpload(show, start);
      studio = await open(account, { twist });
      await run(studio, shoes(`${account}:${model}`, 'a shoe'));
      lose();
      await run(studio, shoes(`${account}:${model}`, 'a boot'));
      expect(await statesOf(studio)).toEqual(['done', 'done']);
      expect(studio.simulator.book.uploads).toHaveLength(2);
      const rejected = (await everything(studio.ledger.reports.submissions('shoes'))).filter(
        ({ state }) => state === 'rejected',
      );
      expect(rejected).toEqual([]);
      expect(studio.lines).toContainEqual(expect.stringContaining('no longer has an upload'));
    },
  );

  it('is checked once in a run, and not while it is new', async () => {
    studio = await open('wonda');
    const source = shoes('wonda:nano-banana-2', 'a shoe');
    const looks = (): number => studio!.simulator.book.requests['GET /wonda/media/:id 200'] ?? 0;
    await run(studio, source);
    expect(looks()).toBe(0);
    const next = await studio.startRun(shoes('wonda:nano-banana-2', 'a boot'));
    expect(await bring(studio, next)).toBe(1);
    expect(looks()).toBe(1);
    expect(await bring(studio, next)).toBe(0);
  });

  it('is made again after its request was refused, and the shot tries once more', async () => {
    const { twist, lose } = withoutFirstUpload(/\/media\//, /\/generate$/);
    studio = await open('wonda', { twist });
    await run(studio, shoes('wonda:nano-banana-2', 'a shoe'));
    const input = await studio.startRun(shoes('wonda:nano-banana-2', 'a boot'));
    await bring(studio, input);
    // It goes after the run has seen it.
    lose();
    await studio.runStep(input, 'draw', 2);
    const shots = await everything(studio.ledger.reports.shots('shoes'));
    expect(shots.map(({ state, tries }) => [state, tries])).toEqual([
      ['done', 1],
      ['done', 1],
    ]);
    expect(studio.simulator.book.uploads).toHaveLength(2);
    const sent = await everything(studio.ledger.reports.submissions('shoes'));
    expect(sent.map(({ state }) => state).toSorted()).toEqual([
      ...Array(2).fill('rejected'),
      ...Array(4).fill('succeeded'),
    ]);
  });

  it('fails its shot where the new one is refused and gone as well', async () => {
    let isGone = false;
    const error = { code: 'not_found', message: 'no such file' };
    const twist: Twist = ({ method, path }) => {
      if (!isGone) return undefined;
      if (method === 'GET' && path.includes('/media/')) return { status: 404, body: { error } };
      return path.endsWith('/generate') ? { status: 400, body: { error } } : undefined;
    };
    studio = await open('wonda', { twist });
    const input = await studio.startRun(shoes('wonda:nano-banana-2', 'a shoe'));
    await bring(studio, input);
    isGone = true;
    await studio.runStep(input, 'draw', 2);
    expect(await statesOf(studio)).toEqual(['failed', 'failed']);
    const gone = expect.stringMatching(
      /^a file that it names was gone at the vendor: .*no such file/,
    );
    expect(await whysOf(studio)).toEqual([gone, gone]);
    const sent = studio.received.filter(({ url }) => url.endsWith('/generate'));
    expect(sent.length).toBe(4);
  });

  it('is left alone where a request is refused for another reason', async () => {
    studio = await open('wonda');
    const match = { method: 'POST', path: '/generate$' };
    studio.simulator.settings.faults = [{ kind: 'error-before', status: 400, match }];
    await run(studio, shoes('wonda:nano-banana-2', 'a shoe'));
    expect(await statesOf(studio)).toEqual(['failed', 'failed']);
    expect(studio.simulator.book.uploads).toHaveLength(1);
    expect(studio.simulator.book.requests['POST /wonda/image/generate 400']).toBe(2);
  });

  it('is made again by the next run where the vendor has no call that tells', async () => {
    studio = await open('productai', { settingsFile: 'accounts: { productai: { dialect: b } }' });
    const source = (prompt: string): string =>
      shoes('productai:nanobanana', prompt).replace(', { place: Oslo }', '');
    const refuse = (): void => {
      const match = { method: 'POST', path: '/api/generate$' };
      studio!.simulator.settings.faults = [{ kind: 'error-before', status: 400, match, count: 1 }];
    };
    await run(studio, source('a shoe'));
    refuse();
    await run(studio, source('a boot'));
    expect(await statesOf(studio)).toEqual(['failed']);
    expect(studio.simulator.book.uploads).toHaveLength(1);
    await run(studio, source('a boot'));
    expect(await statesOf(studio)).toEqual(['done']);
    expect(studio.simulator.book.uploads).toHaveLength(2);
  });

  it('is not made again for a refusal of what the same run has uploaded', async () => {
    studio = await open('productai', { settingsFile: 'accounts: { productai: { dialect: b } }' });
    const match = { method: 'POST', path: '/api/generate$' };
    studio.simulator.settings.faults = [{ kind: 'error-before', status: 400, match, count: 2 }];
    await run(studio, shoes('productai:nanobanana', 'a shoe'));
    expect(await statesOf(studio)).toEqual(['failed', 'failed']);
    await run(studio, shoes('productai:nanobanana', 'a shoe'));
    expect(studio.simulator.book.uploads).toHaveLength(1);
  });
});

describe('a reference of a trained model', () => {
  it('that was deleted at the vendor is made again before a later run', async () => {
    studio = await openStudio({ trainingMs: 1 });
    const port = studio.access.provider.train!;
    const id = await port.create({ name: 'Anna', subject: { gender: 'Female', age: 29 } });
    const image = sharp({ create: { width: 8, height: 8, channels: 3, background: '#c60' } });
    const bytes = await image.jpeg().toBuffer();
    writeFileSync(join(studio.home, 'shoe.jpg'), bytes);
    for (let index = 0; index < 12; index++) {
      const one = Buffer.concat([bytes, Buffer.from([index])]);
      const path = await studio.blobs.path(await studio.blobs.put(one));
      const facts = { sha256: `${index}`, mime: 'image/jpeg', bytes: one.length };
      await port.addImage(id, { ...facts, name: `${index}.jpg`, path, trainedModel: id });
    }
    await port.start(id, { sendBy: Infinity, timeoutMs: 5_000, now: () => 0 });
    const source = (what: string): string =>
      shoes('anna', what).replace(
        'steps:',
        `models: { anna: { train: { account: photogpt, id: '${id}' } } }\nsteps:`,
      );
    await expect.poll(async () => (await port.check(id)).phase).toBe('ready');
    await run(studio, source('a shoe'));
    const references = async () => (await port.listImages(id, 'reference')).entries;
    const [first = ''] = await references();
    await studio.access.provider.files?.delete?.(first);
    await run(studio, source('a boot'));
    expect(await statesOf(studio)).toEqual(['done', 'done']);
    expect(await references()).toHaveLength(1);
    expect(await references()).not.toContain(first);
  });
});
