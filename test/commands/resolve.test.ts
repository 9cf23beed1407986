import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import type { Ledger, Range } from '../../src/ledger/port.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/index.ts';
import { sniffMedia } from '../../src/media/sniff.ts';
import { vendorById } from '../../src/providers/registry.ts';
import { accountSettings, claimOne, plannedShot, startBatch } from '../ledger/fixture.ts';
import { openDesk } from './desk.ts';

interface Look {
  readonly page: string;
  readonly requests: readonly {
    readonly key: string;
    readonly jobs: readonly { readonly id: string; readonly files: readonly string[] }[];
  }[];
}

const environment = { PHOTOGPT_API_KEY: 'demo' };
const key = (number: number): string => `one/shot-000${number}`;

describe('parked shots', () => {
  let desk: Awaited<ReturnType<typeof openDesk>>;
  let ledger: Ledger;
  let range: Range;
  let account: string;
  const request = (number: number) => ({
    ...plannedShot(number).request,
    account: 'photogpt',
    model: 'nanobanana-pro',
    choice: { kind: 'public' as const, id: 'nanobanana-pro' },
  });

  let keyHash: string;
  beforeEach(async () => {
    desk = await openDesk();
    const from = { PHOTOGPT_BASE_URL: desk.simulator.baseUrls['photogpt'] };
    account = loadConfig(from, desk.folder).accounts.get('photogpt')?.key ?? '';
    ledger = await openSqliteLedger({ path: join(desk.folder, '.shotlist', 'ledger.db') });
    await ledger.batches.putAccounts([accountSettings({ account })]);
    keyHash = ledger.keys.hash('demo', desk.simulator.baseUrls['photogpt'] ?? '');
    const shots = [0, 1, 2].map((number) =>
      plannedShot(number, { account, request: request(number) }),
    );
    const accepted = [{ account, unit: 'credits' as const, cap: 3_000 }];
    range = { ...(await startBatch(ledger, 'fox', shots, { accepted })), account };
    for (const _ of shots) {
      const id = await claimOne(ledger, range, { keyHash });
      await ledger.submissions.ambiguous(id, 'reset');
      await ledger.submissions.park(id, 'no answer came');
    }
  });
  afterEach(async () => {
    await ledger.close();
    await desk.close();
  });

  const states = () =>
    Promise.all([0, 1, 2].map(async (n) => (await ledger.reports.shot('fox', key(n)))?.state));
  const resolve = (args: readonly string[], answers?: readonly string[]) =>
    desk.run(['resolve', 'fox', ...args], environment, answers);
  const startJob = async (number: number, apiKey = 'demo'): Promise<string> => {
    const baseUrl = desk.simulator.baseUrls['photogpt'] ?? '';
    const provider = vendorById('photogpt')?.connect({ baseUrl, apiKey, settings: {} });
    const deadline = { sendBy: Date.now() + 5_000, timeoutMs: 5_000, now: Date.now };
    const start = { request: request(number), makes: 'image', references: [] } as const;
    return (await provider?.start({ ...start, trainedModel: undefined }, deadline))?.id ?? '';
  };

  it('are something that is left, for collect', async () => {
    const { code, stdout } = await desk.run(['collect'], environment);
    expect([code, stdout]).toEqual([
      4,
      'fox: 3 requests wait for a decision: shotlist resolve fox\n',
    ]);
    const { batches } = await desk.json<{ batches: object[] }>(['collect', 'fox'], environment);
    expect(batches).toMatchObject([{ batch: 'fox', undecided: 3 }]);
  });

  it('take no job that the key of another vendor account shows', async () => {
    const other = { PHOTOGPT_API_KEY: 'another-person' };
    const job = await startJob(0, other.PHOTOGPT_API_KEY);
    const { code, stderr } = await desk.run(['resolve', 'fox', key(0), '--job', job], other);
    expect(code).toBe(2);
    expect(stderr).toContain('shows none of the earlier work of photogpt');
    expect(await states()).toEqual(['parked', 'parked', 'parked']);
  });

  it('says that there is no terminal to ask on', async () => {
    const { code, stderr } = await resolve([]);
    expect(code).toBe(2);
    expect(stderr).toContain('there is no terminal to ask on');
    expect(stderr).toContain('shotlist resolve fox KEY --job ID');
  });

  it('shows how to name the shots that a decision is about', async () => {
    const { code, stderr } = await resolve(['--job', 'job-1']);
    expect(code).toBe(2);
    expect(stderr).toContain('name one: shotlist resolve fox KEY --job job-1');
    expect((await resolve(['--skip'])).stderr).toContain("shotlist resolve fox '*' --skip");
    expect((await resolve(['*', '--skip'])).code).toBe(0);
  });

  it('says that nothing is parked', async () => {
    await resolve(['*', '--skip']);
    for (const words of [[], ['--look']])
      expect(await resolve(words)).toMatchObject({ code: 0, stdout: 'fox: nothing is parked\n' });
    const document = { resolved: [], left: 0, running: false, next: [] };
    expect(JSON.parse((await resolve(['--json'])).stdout)).toMatchObject(document);
  });

  it('asks for one after the other, and shows what the vendor reveals', async () => {
    desk.simulator.settings.revealing = true;
    const jobId = await startJob(0);
    const { code, stdout, stderr } = await resolve([], [jobId, 'again', 'y', '']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(/one\/shot-0000 +sent, and no usable answer came/);
    expect(stderr).toMatch(/sent +2\d\d\d-\d\d-\d\d .* to photogpt, nanobanana-pro: "image 0"/);
    expect(stderr).toMatch(/at stake +1 credits/);
    expect(stderr).toContain(`${jobId} `);
    expect(stderr).toMatch(/"image 0", fits/);
    expect(stderr).toContain('may cost 1 credits twice');
    expect(stdout).toContain('fox: 2 decided, 1 left');
    expect(stderr).toContain('No worker runs it now. Continue with: shotlist run /files/fox.yaml');
    expect(await states()).toEqual(['bound', 'open', 'parked']);
    expect((await desk.run(['status', 'fox'], environment)).stdout).toContain(
      'shotlist resolve fox',
    );
  });

  it('shows the files of candidate jobs beside the request', async () => {
    const jobs = [await startJob(0), await startJob(1)];
    desk.simulator.settings.revealing = true;
    const lookAtAll = async () => {
      const { requests } = JSON.parse((await resolve(['--look', '--json'])).stdout) as Look;
      return requests[0]?.jobs.map(({ files }) => files.length);
    };
    await expect.poll(lookAtAll, { timeout: 20_000, interval: 200 }).toEqual([1, 1]);
    const { code, stdout } = await resolve(['--look', '--json', key(0), key(2)]);
    expect(code).toBe(0);
    const look = JSON.parse(stdout) as Look;
    expect(look).toMatchObject({
      batch: 'fox',
      requests: [
        {
          ...{ key: key(0), prompt: 'image 0', stake: '1', unit: 'credits' },
          jobs: [
            { id: jobs[0], fits: true, ended: true, prompt: 'image 0', failure: null },
            { id: jobs[1], fits: false, prompt: 'image 1' },
          ],
        },
        { key: key(2), jobs: [{ fits: false }, { fits: false }] },
      ],
    });
    const [file = ''] = look.requests[0]?.jobs[0]?.files ?? [];
    expect(sniffMedia(readFileSync(file))?.mime).toBe('image/jpeg');
    const page = readFileSync(look.page, 'utf8');
    expect(page).toContain(`<img src="${basename(file)}"`);
    expect(page.indexOf('<h2>one/shot-0000</h2>')).toBeLessThan(page.indexOf(jobs[0] ?? ''));
    expect(await states()).toEqual(['parked', 'parked', 'parked']);
    const shown = await resolve(['--look']);
    expect(shown.stdout).toContain(`files of the candidate jobs: ${look.page}`);
    expect((await resolve([], ['quit'])).stderr).toContain(`candidate jobs: ${look.page}`);
  });

  it('takes one decision for all that a pattern means, and asks before it may cost twice', async () => {
    const refused = await resolve(['one/*', '--again']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('Sending 3 requests again may cost 3 credits twice');
    expect((await resolve(['one/*', '--again'], ['n'])).code).toBe(4);
    expect(await states()).toEqual(['parked', 'parked', 'parked']);
    const { code, stdout } = await resolve([key(0), '*-0002', '--again', '--yes', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      batch: 'fox',
      resolved: [
        { key: key(0), decision: 'again', jobId: null },
        { key: key(2), decision: 'again', jobId: null },
      ],
      left: 1,
      running: false,
      next: ['shotlist run /files/fox.yaml'],
    });
    expect(await states()).toEqual(['open', 'parked', 'open']);
    const receipt = await desk.run(['receipt', 'fox'], environment);
    expect(receipt.stdout).toMatch(/one\/shot-0000 +sent again by a person, may have been charged/);
    expect(receipt.stdout).toMatch(/one\/shot-0001 +sent, no answer; a person decides/);
  });

  it('skips, and finds nothing more to decide', async () => {
    expect((await resolve(['*', '--skip'])).stdout).toContain('fox: 3 decided, none left');
    expect(await states()).toEqual(['skipped', 'skipped', 'skipped']);
    expect((await resolve(['*', '--skip'])).stderr).toContain('no parked shot is called *');
    const { stdout } = await desk.run(['status', 'fox'], environment);
    expect(stdout).toMatch(/failed +3 {2}skipped by a person: one\/shot-0000/);
    expect(stdout).toContain('3 credits of it perhaps not charged');
  });

  it.each([
    [['--skip'], 'name the shots'],
    [['*', '--skip', '--again'], 'give one of --job, --again, --skip and --look'],
    [['*', '--job', 'j'], 'one job cannot be 3 shots'],
    [[key(9), '--skip'], 'no parked shot is called one/shot-0009'],
    [[key(0), '--job', 'nowhere'], 'PhotoGPT does not know a job nowhere'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await resolve(args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(await states()).toEqual(['parked', 'parked', 'parked']);
  });

  it('gives one job to one shot, and takes one that is found after it was sent again', async () => {
    const jobId = await startJob(0);
    await resolve([key(0), '--again', '--yes']);
    expect((await resolve([key(0), '--job', jobId])).stdout).toContain('has come late');
    expect((await resolve([key(1), '--job', jobId])).stderr).toContain('belongs to another');
    expect(await states()).toEqual(['bound', 'parked', 'parked']);
    const receipt = await desk.run(['receipt', 'fox', '--json'], environment);
    expect(JSON.parse(receipt.stdout)).toMatchObject({
      accounts: [{ reserved: '1', spent: '0', ambiguous: '2', unproven: '0' }],
      submissions: [{ duplicate: true, jobId }, { state: 'parked' }, { state: 'parked' }],
    });
  });

  describe('shotlist budget', () => {
    const budget = (...args: string[]) => desk.run(['budget', 'fox', ...args], environment);

    it('caps what the batch may spend', async () => {
      const { code, stdout } = await budget('photogpt', '3.5 credits', '--json');
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toEqual({
        batch: 'fox',
        account: 'photogpt',
        unit: 'credits',
        cap: '3.5',
        used: '3',
        running: false,
        next: ['shotlist run /files/fox.yaml'],
      });
      await resolve([key(0), '--again', '--yes']);
      const claim = () =>
        ledger.claims.claim(range, {
          window: 9,
          postTimeoutMs: 1,
          worker: 'test',
          keyHash,
        });
      expect((await claim()).next).toMatchObject({ reason: { kind: 'budget', scope: 'batch' } });
      expect((await budget('photogpt', '4 credits')).stdout).toContain(
        'fox may spend 4 credits at photogpt; 3 credits of it spent or reserved',
      );
      expect((await claim()).granted).toHaveLength(1);
      expect((await budget('photogpt', '1 credits')).stderr).toContain('no more requests are sent');
    });

    it.each([
      [['photogpt', '5 usd'], 'is not an amount in credits'],
      [['photogpt', '5'], 'is not an amount in credits'],
      [['photogpt', '1.2345 credits'], 'too many decimals'],
      [['wonda', '5 usd'], 'fox does not use an account wonda'],
    ])('refuses %j', async (args, message) => {
      const { code, stderr } = await budget(...args);
      expect(stderr).toContain(message);
      expect(code).toBe(2);
    });

    it('leaves a batch that has ended to its file', async () => {
      await ledger.batches.finishRun('fox', range.run, 'incomplete');
      const { code, stderr } = await budget('photogpt', '5 credits');
      expect(stderr).toContain('a new run uses the budget in the file');
      expect(code).toBe(2);
    });
  });
});
