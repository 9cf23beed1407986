import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isNowhere, lookAround, readAhead } from '../../../src/activities/reconcile/candidates.ts';
import { RecentList } from '../../../src/activities/reconcile/recent-list.ts';
import { HttpError, NetworkError } from '../../../src/http/errors.ts';
import type { ShotRequest } from '../../../src/batch/request.ts';
import type { Ledger, KnownJob } from '../../../src/ledger/port.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/index.ts';
import type { JobDescription, ListedJob, Listing, Provider } from '../../../src/providers/port.ts';

const at = Date.UTC(2026, 0, 31, 12);
const second = 1_000;

const requestOf = (prompt: string): ShotRequest => ({
  account: 'acme',
  model: 'quick',
  choice: { kind: 'public', id: 'quick' },
  prompt,
  options: {},
  references: [],
});

const answered = (status: number): HttpError =>
  new HttpError('GET /jobs/x', { status, headers: {}, body: '' });

const knownJob: KnownJob = {
  job: { jobId: 'w' },
  jobId: 'w',
  request: requestOf('a hen'),
  sameModel: true,
  claimedAt: at - 20 * second,
  submittedAt: at - 19 * second,
};

describe('what the list of jobs shows of a request without an answer', () => {
  let folder: string;
  let ledger: Ledger;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shotlist-candidates-'));
    ledger = await openSqliteLedger({ path: join(folder, 'ledger.db'), now: () => at });
  });
  afterEach(async () => {
    await ledger.close();
    await rm(folder, { recursive: true });
  });

  /** Jobs by id: when they were made, and what they tell. */
  const look = async (
    jobs: Readonly<Record<string, { madeAt: number | null; reported?: JobDescription | Error }>>,
    knownJobs: readonly KnownJob[] = [knownJob],
    unreadable = 0,
  ) => {
    const listed = Object.entries(jobs).map(([id, { madeAt }]): ListedJob => ({
      job: { jobId: id },
      id,
      createdAt: madeAt,
      billed: null,
    }));
    const provider = {
      listJobs: async () => ({ entries: listed, unreadable }),
      describe: async ({ jobId }: { jobId?: unknown }) => {
        const reported = jobs[String(jobId)]?.reported ?? {};
        if (reported instanceof Error) throw reported;
        return reported;
      },
    };
    const sent = { request: requestOf('a fox'), claimedAt: at, deadlineAt: at + 65 * second };
    const account = 'acme@https://api.example.test';
    const sighting = await lookAround({ ledger, provider, account }, sent, knownJobs);
    const strangers = (sighting?.candidates ?? []).filter(({ job }) => job.id !== 'w');
    return {
      fits: strangers.map(({ job, fit }) => `${job.id} ${fit}`),
      overlooked: sighting?.overlooked,
      unreadable: sighting?.unreadable,
    };
  };
  const seen = (prompt?: string) => ({
    madeAt: at - 19 * second,
    reported: prompt === undefined ? {} : { prompt },
  });
  const made = (prompt?: string) => ({
    madeAt: at + second,
    reported: prompt === undefined ? {} : { prompt },
  });

  it.each([
    ['an outage', new NetworkError('GET /jobs/x', { code: 'ECONNRESET', sent: true }), 1],
    ['a 500', answered(500), 1],
    ['a 429', answered(429), 1],
    ['a refusal, which stays', answered(404), 0],
  ])('is not read to the end where a description meets %s', async (_, reported, unreadable) => {
    const jobs = { w: seen('a hen'), x: { madeAt: at + second, reported } };
    expect(await look(jobs)).toMatchObject({ fits: ['x untold'], unreadable });
    const known = { w: { madeAt: at - 19 * second, reported }, x: made('a cow') };
    // In the list, and once more as the known job that would show how prompts are reported.
    const twice = { fits: ['x differs'], unreadable: 2 * unreadable };
    expect(await look(known)).toMatchObject(twice);
  });

  it('leaves out a job with another prompt where known jobs tell theirs as they were sent', async () => {
    expect(await look({ w: seen('a hen'), j: made('an owl') })).toMatchObject({
      fits: [],
      overlooked: 0,
    });
  });

  it('keeps a job with another prompt where known jobs tell theirs otherwise', async () => {
    const jobs = { w: seen('Studio photo: a hen'), j: made('Studio photo: a fox') };
    expect(await look(jobs)).toMatchObject({ fits: ['j differs'] });
    expect(await look({ w: seen(), j: made('an owl') })).toMatchObject({ fits: ['j differs'] });
    expect(await look({ j: made('an owl') }, [])).toMatchObject({ fits: ['j differs'] });
  });

  it('overlooks a known job that is shown at another time', async () => {
    const hour = 3_600 * second;
    const jobs = { w: { madeAt: at - hour }, j: { madeAt: at - hour } };
    expect(await look(jobs)).toMatchObject({ fits: [], overlooked: 1 });
  });

  it('tells how many entries of the list cannot be read', async () => {
    expect(await look({ w: seen('a hen') }, [knownJob], 2)).toMatchObject({
      overlooked: 0,
      unreadable: 2,
    });
    expect(await look({ w: seen('a hen') })).toMatchObject({ unreadable: 0 });
  });

  it('is read once for several requests, minutes apart, where it is read ahead', async () => {
    let reads = 0;
    const listJobs = async () => {
      reads += 1;
      return { entries: [], unreadable: 0 };
    };
    const provider = new RecentList().of({ listJobs } as unknown as Provider, 10 * second);
    const vendor = { ledger, provider, account: 'acme@https://api.example.test' };
    const sent = [0, 70, 140].map((later) => {
      const claimedAt = at + later * second;
      return { request: requestOf('a fox'), claimedAt, deadlineAt: claimedAt + 65 * second };
    });
    await readAhead(vendor, sent);
    for (const one of sent) await lookAround(vendor, one, [knownJob]);
    expect(reads).toBe(1);
  });

  it('keeps a job whose time cannot be read', async () => {
    const jobs = { w: { madeAt: null }, j: { madeAt: null } };
    expect(await look(jobs)).toMatchObject({ fits: ['j untold'], overlooked: 0 });
  });

  it('proves nothing of another time where the list cannot be read so far', async () => {
    const account = 'acme@https://api.example.test';
    const sent = { request: requestOf('a fox'), claimedAt: at, deadlineAt: at + 65 * second };
    const nowhere = (
      listJobs: () => Promise<Listing<ListedJob>>,
      known: readonly KnownJob[] = [],
    ) => isNowhere({ ledger, provider: { listJobs }, account }, sent, known);
    const empty = async () => ({ entries: [], unreadable: 0 });
    const tooLong = () => Promise.reject(new Error('more than 500 pages of jobs'));
    expect(await nowhere(empty)).toBe(true);
    expect(await nowhere(tooLong)).toBe(false);
    expect(await nowhere(tooLong, [knownJob])).toBe(true);
  });

  it.each([
    ['rules out', 'a hen', true],
    ['does not rule out', 'what the vendor makes of a hen', false],
  ])(
    '%s a job of another time by its prompt, where later known jobs report theirs as %j',
    async (_, prompt, isOther) => {
      const later: KnownJob = { ...knownJob, claimedAt: at + second, submittedAt: at + 2 * second };
      const jobs = { w: prompt, x: 'a cow' };
      const entries = Object.keys(jobs).map((id): ListedJob => ({
        ...{ job: { jobId: id }, id, createdAt: at + 3_600 * second, billed: null },
      }));
      const provider = {
        listJobs: async () => ({ entries, unreadable: 0 }),
        describe: async ({ jobId }: { jobId?: unknown }) => ({ prompt: jobs[jobId as 'w' | 'x'] }),
      };
      const account = 'acme@https://api.example.test';
      const sent = { request: requestOf('a fox'), claimedAt: at, deadlineAt: at + 65 * second };
      expect(await isNowhere({ ledger, provider, account }, sent, [later])).toBe(isOther);
    },
  );
});
