import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { providerOf } from '../../../src/accounts/provider.ts';
import { resolveRequest } from '../../../src/activities/uploads/resolve-references.ts';
import { ensureUploaded, fileToUpload } from '../../../src/activities/uploads/upload-file.ts';
import type { Reference, ShotRequest } from '../../../src/batch/request.ts';
import type { JobRef, JobState } from '../../../src/providers/port.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/index.ts';
import {
  access as s3Access,
  bucket,
  firstStartMs,
  startS3,
  type S3Server,
} from '../../hosting/s3-server.ts';
import { openStudio, type Studio } from '../studio.ts';

const twoShots = `batch: hosted
steps:
  draw:
    rows: [{ what: fox }, { what: hen }]
    model: photogpt:nanobanana
    prompt: a {{ what }} like this
    references: [selfie.png]
`;
const chain = `batch: chain
steps:
  draw: { model: 'photogpt:nanobanana', prompt: a fox }
  again: { from: draw, model: 'photogpt:nanobanana', prompt: the same in blue }
`;

let s3: S3Server;
let wonda: Simulator;
let studio: Studio | undefined;
beforeAll(async () => {
  s3 = await startS3();
  wonda = await startSimulator({ port: 0, downloadMs: 700, images: 'small' });
}, firstStartMs);
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});
afterAll(async () => {
  await s3?.close();
  await wonda?.close();
});

async function openWith(host: string): Promise<Studio> {
  const settingsFile = `accounts:\n  photogpt: { outputLifetime: 1h, referenceHost: ${host} }\n`;
  const opened = await openStudio(
    { reachable: [s3.endpoint, wonda.url] },
    {},
    {},
    {
      settingsFile: host === '' ? 'accounts: { photogpt: { outputLifetime: 1h } }' : settingsFile,
      environment: {
        AWS_ACCESS_KEY_ID: s3Access.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3Access.secretAccessKey,
        WONDA_API_KEY: 'wonda-key',
        WONDA_BASE_URL: wonda.baseUrls['wonda'] ?? '',
      },
    },
  );
  const image = sharp({ create: { width: 8, height: 8, channels: 3, background: '#c60' } });
  writeFileSync(join(opened.home, 'selfie.png'), await image.png().toBuffer());
  return opened;
}
const inS3 = (prefix: string): string =>
  `{ s3: s3://${bucket}/${prefix}, endpoint: "${s3.endpoint}", forcePathStyle: true }`;

/** Prepares and runs a step as the workflow does. */
async function runPrepared(opened: Studio, source: string, step: string): Promise<void> {
  const input = await opened.startRun(source);
  const { uploads } = await opened.planOf(input, step, 1);
  for (const { account } of uploads)
    await opened
      .environmentOf()
      .run(opened.activities.uploadReferences, { ...input, step, account, slice: 0, slices: 1 });
  await opened.runStep(input, step, 2);
}

const linksOf = ({ simulator }: Studio): string[] =>
  simulator.book.accepted.flatMap(
    ({ request }) => (request as { referenceImageURLs?: string[] }).referenceImageURLs ?? [],
  );

describe('a local file for a model that takes links', () => {
  it('lies in the bucket once, and the vendor is given a signed link to it', async () => {
    studio = await openWith(inS3('shots'));
    await runPrepared(studio, twoShots, 'draw');
    const links = linksOf(studio);
    expect(links).toHaveLength(2);
    expect(new Set(links).size).toBe(1);
    const answer = await fetch(links[0] ?? '');
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(readdirSync(join(s3.folder, 'shots'))).toHaveLength(1);
  });

  it('is hosted again when its link is about to end', async () => {
    studio = await openWith(inS3('again'));
    const file = await selfieOf(studio);
    const first = await linkOf(studio, file);
    expect(await linkOf(studio, file)).toBe(first);
    const { remotes } = studio.ledger;
    const key = studio.access.host?.key ?? '';
    const before = await remotes.upload(key, file.sha256, 'reference');
    studio.clock.aheadMs = 23 * 3_600_000 + 55 * 60_000;
    await linkOf(studio, file);
    const after = await remotes.upload(key, file.sha256, 'reference');
    expect(after?.expiresAt).toBeGreaterThan(before?.expiresAt ?? Infinity);
    expect(readdirSync(join(s3.folder, 'again'))).toHaveLength(1);
  });

  it('goes once to an account whose uploads have links', async () => {
    const before = wonda.book.uploads.length;
    studio = await openWith('wonda');
    await runPrepared(studio, twoShots, 'draw');
    expect(wonda.book.uploads).toHaveLength(before + 1);
    const links = linksOf(studio);
    expect(links).toHaveLength(2);
    expect(links.every((link) => link.startsWith(wonda.url))).toBe(true);
    const key = studio.config.accounts.get('wonda')?.key ?? '';
    const { sha256 } = await selfieOf(studio);
    expect(await studio.ledger.remotes.upload(key, sha256, 'reference')).toMatchObject({
      state: 'stored',
    });
  });

  it('is told at the file’s line before anything is spent where there is no host', async () => {
    studio = await openWith('');
    await expect(studio.startRun(twoShots)).rejects.toThrow(
      'photogpt:nanobanana takes references as public links only, and selfie.png is a file',
    );
  });

  it('fails its shots alone, unpaid, when the host refuses it', async () => {
    studio = await openWith(
      `{ s3: s3://nowhere/x, endpoint: "${s3.endpoint}", forcePathStyle: true }`,
    );
    await runPrepared(studio, twoShots, 'draw');
    expect(studio.simulator.book.accepted).toHaveLength(0);
    for await (const shot of studio.ledger.reports.shots('hosted')) {
      expect(shot.state).toBe('failed');
      expect(shot.why).toContain('NoSuchBucket');
    }
  });
});

describe('an output for a model that takes links', () => {
  it('goes by its vendor’s link, asked again when that has ended', async () => {
    studio = await openWith('');
    const request = await drawn(studio);
    const [reference] = request.references;
    if (reference?.kind !== 'output') throw new Error('no output');
    const link = async (): Promise<string | undefined> =>
      studio && (await resolveRequest(studio.deps, studio.access, request)).references[0]?.url;
    const polls = jobPolls(studio);
    const first = await link();
    expect(first?.startsWith(studio.simulator.url)).toBe(true);
    expect(jobPolls(studio)).toBe(polls);
    const { submission, index } = reference;
    const ended = Date.now() - 1;
    await studio.ledger.submissions.renewOutput(submission, index, 'https://ended.test', ended);
    expect(await link()).toBe(first);
    expect(await link()).toBe(first);
    expect(jobPolls(studio)).toBe(polls + 1);
  });

  it('is that very output also when its vendor names its files in another order', async () => {
    studio = await openWith('');
    const { access, deps, ledger } = studio;
    const request = await drawn(studio);
    const [reference] = request.references;
    if (reference?.kind !== 'output') throw new Error('no output');
    const { submission, index } = reference;
    const first = (await resolveRequest(deps, access, request)).references[0]?.url ?? '';
    const check = access.provider.check.bind(access.provider);
    Object.assign(access.provider, {
      check: async (job: JobRef): Promise<JobState> => {
        const state = await check(job);
        const other = { remote: 'other', url: 'https://files.test/other', expiresAt: null };
        return state.state === 'succeeded'
          ? { ...state, outputs: [other, ...state.outputs] }
          : state;
      },
    });
    await ledger.submissions.renewOutput(submission, index, first, Date.now() - 1);
    expect((await resolveRequest(deps, access, request)).references[0]?.url).toBe(first);
  });

  it('is hosted from here when its vendor has it no longer', async () => {
    studio = await openWith(inS3('lost'));
    const request = await drawn(studio);
    const [reference] = request.references;
    if (reference?.kind !== 'output') throw new Error('no output');
    const { submission, index } = reference;
    await studio.ledger.submissions.renewOutput(submission, index, null, null);
    studio.simulator.settings.faults = [{ kind: 'error-before', match: { method: 'GET' } }];
    const { references } = await resolveRequest(studio.deps, studio.access, request);
    expect(references[0]?.url).toContain(`${s3.endpoint}/${bucket}/lost/`);
  });
});

describe('an upload that is not ready at once', () => {
  it('is waited for, and not uploaded a second time after a crash', async () => {
    studio = await openWith('wonda');
    const { deps, access } = studio;
    const { host } = access;
    const account = studio.config.accounts.get('wonda');
    const provider = account && providerOf(account);
    if (!host || !provider?.upload || !provider.uploadStates) throw new Error('no host');
    const video = videoOf('crash');
    const sha256 = await studio.blobs.put(video);
    const wanted = { sha256, path: 'video.mp4', purpose: 'reference', trainedModel: undefined };
    const before = wonda.book.uploads.length;
    // The process ends here: the answer is on record, the vendor still works.
    const stored = await provider.upload(await fileToUpload(studio.deps, wanted));
    expect(stored.ready).toBe(false);
    await studio.ledger.remotes.storeUpload(host.key, sha256, 'reference', stored);
    const [one, other] = await Promise.all([
      ensureUploaded(deps, host, wanted),
      ensureUploaded(deps, host, wanted),
    ]);
    expect(one.url).toBe(other.url);
    expect(await provider.uploadStates([one.remote])).toEqual(['ready']);
    expect(wonda.book.uploads).toHaveLength(before + 1);
    expect(await studio.ledger.remotes.upload(host.key, sha256, 'reference')).toMatchObject({
      state: 'stored',
    });
  });

  it('keeps its shot waiting unpaid, and is found by a later claim', async () => {
    studio = await openWith('wonda');
    wonda.settings.downloadMs = 6_500;
    const source = `batch: slow
steps:
  video: { model: 'photogpt:kling-motion-pro', prompt: a fox, references: [video.mp4] }
`;
    writeFileSync(join(studio.home, 'video.mp4'), videoOf('slow'));
    const input = await studio.startRun(source);
    const before = wonda.book.uploads.length;
    const { results } = await studio.runStep(input, 'video');
    wonda.settings.downloadMs = 700;
    expect(results).toMatchObject([{ kind: 'done', saved: 1 }]);
    expect(wonda.book.uploads).toHaveLength(before + 1);
    expect(studio.simulator.book.accepted).toHaveLength(1);
    const states = [];
    for await (const { state } of studio.ledger.reports.submissions('slow')) states.push(state);
    expect(states.toSorted()).toEqual(['rejected', 'succeeded']);
  });

  it.each([
    ['failed', 'could not process video.mp4', 1],
    ['missing', undefined, 2],
  ] as const)('that is %s later is not kept', async (state, message, uploads) => {
    studio = await openWith('');
    const { deps, blobs } = studio;
    const sha256 = await blobs.put(Buffer.from(state));
    let count = 0;
    const place = {
      key: 'shop@test',
      name: 'shop',
      upload: () =>
        Promise.resolve({ remote: ++count, url: null, expiresAt: null, ready: count > 1 }),
      uploadStates: () => Promise.resolve([state]),
    };
    const wanted = { sha256, path: 'video.mp4', purpose: 'reference', trainedModel: undefined };
    await studio.ledger.remotes.storeUpload(place.key, sha256, 'reference', {
      ...(await place.upload()),
    });
    const outcome = ensureUploaded(deps, place, wanted);
    if (message) await expect(outcome).rejects.toThrow(message);
    else expect(await outcome).toMatchObject({ remote: 2 });
    expect(count).toBe(uploads);
    const known = await studio.ledger.remotes.upload(place.key, sha256, 'reference');
    expect(known?.state).toBe(message ? undefined : 'stored');
  });
});

const videoOf = (content: string): Buffer =>
  Buffer.concat([Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isommp42'), Buffer.from(content)]);

async function selfieOf({ home, blobs }: Studio): Promise<Reference & { kind: 'file' }> {
  const sha256 = await blobs.put(readFileSync(join(home, 'selfie.png')));
  return { kind: 'file', sha256, path: 'selfie.png' };
}

function requestOf(reference: Reference): ShotRequest {
  return {
    account: 'photogpt',
    model: 'nanobanana',
    choice: { kind: 'public', id: 'nanobanana' },
    prompt: 'a fox',
    options: {},
    references: [reference],
  };
}

async function linkOf({ deps, access }: Studio, reference: Reference): Promise<string | undefined> {
  return (await resolveRequest(deps, access, requestOf(reference))).references[0]?.url;
}

/** A request that reads the output of a step that has just been run. */
async function drawn(opened: Studio): Promise<ShotRequest> {
  const input = await opened.startRun(chain);
  await opened.runStep(input, 'draw');
  for await (const { submission, index, sha256 } of opened.ledger.plans.sources(
    'chain',
    ['draw'],
    'all',
  ))
    return requestOf({ kind: 'output', submission, index, sha256 });
  throw new Error('nothing was drawn');
}

const jobPolls = ({ simulator }: Studio): number =>
  Object.entries(simulator.book.requests)
    .filter(([name]) => /^GET \/?.*jobs?\//.test(name))
    .reduce((sum, [, count]) => sum + count, 0);
