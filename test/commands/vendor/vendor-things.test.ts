import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../../src/cli.ts';
import { openProject } from '../../../src/commands/project/project.ts';
import { processTerminal, type Terminal } from '../../../src/terminal.ts';
import { loadConfig } from '../../../src/config/config.ts';
import { checkDocument } from '../json/check-document.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/index.ts';

let folder: string;
let simulator: Simulator;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'shotlist-things-'));
  simulator = await startSimulator({ port: 0 });
});
afterEach(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Keys and addresses of every vendor that is simulated. */
const environment = (): Record<string, string> => {
  const variables = Object.entries(simulator.baseUrls).flatMap(([id, url]) => [
    [`${id.toUpperCase()}_BASE_URL`, url],
    [`${id.toUpperCase()}_API_KEY`, 'demo'],
  ]);
  return Object.fromEntries(variables) as Record<string, string>;
};

/** One command in this process; `answers` are what the person types. */
async function shotlist(args: string, answers?: readonly string[]) {
  const written = { stdout: '', stderr: '', asked: [] as string[] };
  const left = [...(answers ?? [])];
  const terminal: Terminal = {
    environment: environment(),
    folder,
    isInteractive: answers !== undefined,
    print: (text) => void (written.stdout += `${text}\n`),
    say: (text) => void (written.stderr += `${text}\n`),
    screen: process.stderr,
    ask: async (question) => {
      written.asked.push(question);
      return left.shift() ?? '';
    },
    interrupted: () => processTerminal().interrupted(),
  };
  const code = await main(args.split(' '), terminal);
  checkDocument(args.split(' '), { code, ...written });
  return { code, ...written };
}

function open() {
  const config = loadConfig(environment(), folder);
  const account = config.accounts.get('photogpt');
  if (!account) throw new Error('no account photogpt');
  const { vendor, baseUrl, settings } = account;
  return { config, account, provider: vendor.connect({ baseUrl, apiKey: 'demo', settings }) };
}

/** A model with one training image and one reference, brought there by this project. */
async function fill() {
  const { config, account, provider } = open();
  const { train } = provider;
  if (!train || !provider.upload) throw new Error('photogpt neither trains nor uploads');
  const path = join(folder, 'anna.png');
  await sharp({ create: { width: 8, height: 8, channels: 3, background: '#c40' } }).toFile(path);
  const file = { mime: 'image/png', bytes: 100, name: 'anna.png', path, trainedModel: undefined };
  const subject = { gender: 'Female', age: 29 };
  const model = await train.create({ name: 'anna', subject });
  const image = await train.addImage(model, { ...file, sha256: 'a1' });
  const { remote } = await provider.upload({ ...file, sha256: 'b2', trainedModel: model });
  await using project = await openProject({ folder: config.home, say: () => undefined }, config);
  const { remotes } = project.ledger;
  await remotes.leaseModel(account.key, 'people-1', 'test', 1);
  await remotes.setModelPhase(account.key, 'people-1', ['creating'], 'ready', { remoteId: model });
  await remotes.storeModelImage(account.key, 'people-1', 'a1', image);
  const stored = { remote, url: null, expiresAt: null };
  await remotes.storeUpload(account.key, 'b2', 'training:people-1', stored);
  return { model, image, reference: String(remote) };
}

describe('what lies at the vendor', () => {
  it('lists uploads with what they are to this project', async () => {
    const { image, reference } = await fill();
    const { provider } = open();
    const stranger = await provider.train?.create({
      name: 'omar',
      subject: { gender: 'Male', age: 40 },
    });
    const { code, stdout } = await shotlist('uploads photogpt');
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`${image}  -  +-  +trains .+  +training image a1`));
    expect(stdout).toMatch(new RegExp(`${reference}  -  +-  +reference of .+  +reference b2`));
    expect(stdout).toContain('2 uploads at photogpt, 2 known to this project');
    const trained = await shotlist('trained photogpt --json');
    expect(JSON.parse(trained.stdout)).toMatchObject({
      account: 'photogpt',
      trained: [
        { state: 'new', known: { kind: 'model', hash: 'people-1' } },
        { id: stranger, createdAt: expect.stringMatching(/^\d{4}-.+Z$/) as string, known: null },
      ],
    });
  });

  it('says so where nothing is held, and asks nothing', async () => {
    expect(await shotlist('uploads photogpt')).toMatchObject({
      code: 0,
      stdout: '0 uploads at photogpt, 0 known to this project\n',
    });
    expect(await shotlist('trained photogpt --delete-all')).toMatchObject({
      code: 0,
      stdout: 'deleted 0 trained models at photogpt\n',
    });
  });

  it('asks before it deletes, says how many and what comes later', async () => {
    writeFileSync(
      join(folder, 'shotlist.yaml'),
      'accounts: { photogpt: { prices: { training: 300 } } }\n',
    );
    const { model } = await fill();
    const no = await shotlist('trained photogpt --delete-all', ['n']);
    expect(no).toMatchObject({ code: 4, stderr: 'error: nothing was deleted\n' });
    expect(no.asked).toEqual([
      'Delete 1 trained model at PhotoGPT? A later batch that needs one trains it again, for 300 credits each; images made with it stay.  [y/N]',
    ]);
    const yes = await shotlist(`trained photogpt --delete ${model}`, ['y']);
    expect(yes).toMatchObject({ code: 0, stdout: 'deleted 1 trained model at photogpt\n' });
    const { account, config, provider } = open();
    expect(await provider.train?.list()).toEqual({ entries: [], unreadable: 0 });
    await using project = await openProject({ folder: config.home, say: () => undefined }, config);
    expect(await project.ledger.remotes.model(account.key, 'people-1')).toBeUndefined();
    expect(await project.ledger.remotes.upload(account.key, 'b2', 'training:people-1')).toBe(
      undefined,
    );
  });

  it('deletes uploads with --yes, here and there', async () => {
    const { image, reference } = await fill();
    const first = await shotlist(`uploads photogpt --delete ${reference} --yes --json`);
    expect(JSON.parse(first.stdout)).toEqual({ account: 'photogpt', deleted: [reference] });
    const { account, config, provider } = open();
    expect((await provider.files?.list())?.entries.map(({ id }) => id)).toEqual([image]);
    expect((await shotlist('uploads photogpt --delete-all -y')).code).toBe(0);
    expect(await provider.files?.list()).toEqual({ entries: [], unreadable: 0 });
    await using project = await openProject({ folder: config.home, say: () => undefined }, config);
    expect(await project.ledger.remotes.modelImages(account.key, 'people-1')).toEqual(new Map());
  });

  it('forgets what an earlier deletion took away before it was cut short', async () => {
    const { reference } = await fill();
    const { provider } = open();
    await provider.files?.delete?.(reference);
    expect((await shotlist(`uploads photogpt --delete ${reference} --yes`)).code).toBe(0);
    expect((await shotlist(`uploads photogpt --delete ${reference} --yes`)).stderr).toContain(
      `photogpt holds no upload ${reference}`,
    );
  });

  it('deletes nothing without an answer, a known id or a key', async () => {
    const { reference } = await fill();
    const before = await open().provider.files?.list();
    const silent = await shotlist('uploads photogpt --delete-all');
    expect(silent).toMatchObject({ code: 2 });
    expect(silent.stderr).toContain('this deletes 2 uploads and there is no terminal to ask on');
    expect(silent.stderr).toContain('--yes');
    const wrong = await shotlist(`uploads photogpt --delete ${reference} nothing-here --yes`);
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.stderr).toContain('photogpt holds no upload nothing-here');
    expect(await shotlist('uploads photogpt --delete a --delete-all --yes')).toMatchObject({
      code: 2,
    });
    expect((await shotlist('uploads elsewhere')).stderr).toContain('there is no account elsewhere');
    expect(await open().provider.files?.list()).toEqual(before);
  });

  it.each([
    ['uploads gptimage2api', 'GPTImage2API has no call that lists uploads', 'gptimage2api.org'],
    ['trained wonda', 'Wonda has no call that lists trained models', 'wonda.sh'],
    [
      'trained productai --delete-all',
      'ProductAI has no call that lists',
      'create.productai.photo',
    ],
    ['uploads wonda --delete-all', 'Wonda has no call that deletes uploads', 'wonda.sh'],
  ])('says where to look when the vendor has no call: %s', async (args, message, site) => {
    const { code, stderr } = await shotlist(args);
    expect({ code, stderr }).toMatchObject({ code: 2 });
    expect(stderr).toContain(message);
    expect(stderr).toContain(`https://${site}`);
  });

  it('lists the uploads of every vendor that has such a call', async () => {
    const config = loadConfig(environment(), folder);
    const path = join(folder, 'mug.png');
    await sharp({ create: { width: 8, height: 8, channels: 3, background: '#06c' } }).toFile(path);
    for (const { name, key, vendor, baseUrl, settings } of config.accounts.values()) {
      const provider = vendor.connect({ baseUrl, apiKey: 'demo', settings });
      if (!provider.files || provider.train) continue;
      const file = { sha256: 'b2', mime: 'image/png', bytes: 100, name: 'mug.png', path };
      const { remote, url, expiresAt } =
        (await provider.upload?.({ ...file, trainedModel: undefined })) ?? {};
      if (remote === undefined) throw new Error(`${name} takes no uploads`);
      await using project = await openProject(
        { folder: config.home, say: () => undefined },
        config,
      );
      const stored = { remote, url: url ?? null, expiresAt: expiresAt ?? null };
      await project.ledger.remotes.storeUpload(key, 'b2', 'reference', stored);
      const { stdout } = await shotlist(`uploads ${name} --json`);
      const known = { kind: 'reference', name: null, hash: 'b2' };
      expect(JSON.parse(stdout), name).toMatchObject({ account: name, uploads: [{ known }] });
    }
  });
});
