import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage } from './stage.ts';

const batch = `\
batch: foxes
budget: { photogpt: 200 credits }
steps:
  images:
    rows:
      - { id: fox }
      - { id: hare }
      - { id: owl }
    model: photogpt:nanobanana-pro
    prompt: "{{ id }} in fresh snow"
    name: "{{ id }}"
  large:
    from: images
    model: photogpt:upscale
`;

const account = `\
accounts:
  photogpt:
    prices: { upscale: 5 }
    timeouts: { pollFirstMs: 100, pollMs: 200 }
`;

interface StatusJson {
  batch: string;
  state: string;
  shots: Record<string, number>;
  outputs: number;
  spent: { account: string; unit: string; amount: string }[];
  directory: string;
  contactSheet: string;
  next: string[];
}

interface ReceiptJson {
  batch: string;
  accounts: Record<string, unknown>[];
  submissions: Record<string, unknown>[];
}

describe('a batch from its file to its images', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
    stage.write('shotlist.yaml', account);
    await stage.startWorker();
    stage.write('foxes.yaml', batch);
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it('runs to the end, tells what it spent and where the images are', async () => {
    const { code, stdout, stderr } = await stage.run(['run', 'foxes.yaml', '--yes', '--json']);
    expect(code).toBe(0);
    // The document is alone on standard output; the plan and the progress are beside it.
    const value = JSON.parse(stdout) as StatusJson;
    expect(stderr).toMatch(/^TOTAL +45 credits/m);
    expect(stderr.match(/ saved /g)).toHaveLength(6);
    const directory = join(stage.folder, 'out', 'foxes');
    expect(value).toEqual({
      batch: 'foxes',
      state: 'finished',
      shots: {
        total: 6,
        succeeded: 6,
        cached: 0,
        failed: 0,
        parked: 0,
        running: 0,
        waiting: 0,
      },
      partial: 0,
      outputs: 6,
      spent: [{ account: 'photogpt', unit: 'credits', amount: '45' }],
      waits: [],
      stops: [],
      blocks: [],
      problems: [],
      directory,
      contactSheet: join(directory, 'index.html'),
      next: ['shotlist open foxes'],
    });
    expect(stage.simulator.book.accepted).toHaveLength(6);
    expect(stage.simulator.book.duplicates()).toEqual([]);
  });

  it('shows the same by status and the money by receipt', async () => {
    const status = await stage.json<StatusJson>(['status', 'foxes']);
    expect(status).toMatchObject({ code: 0, value: { state: 'finished', outputs: 6 } });
    const { code, value } = await stage.json<ReceiptJson>(['receipt', 'foxes']);
    expect(code).toBe(0);
    expect(value.accounts).toEqual([
      {
        account: 'photogpt',
        unit: 'credits',
        planned: '45',
        reserved: '0',
        spent: '45',
        refunded: '0',
        promised: '0',
        lost: '0',
        ambiguous: '0',
        unproven: '0',
      },
    ]);
    const jobs = stage.simulator.book.accepted.map(({ id }) => id);
    expect(value.submissions.map(({ jobId }) => jobId).toSorted()).toEqual(jobs.toSorted());
    expect(value.submissions.find(({ key }) => key === 'large/fox')).toMatchObject({
      attempt: 1,
      state: 'succeeded',
      jobId: expect.any(String) as string,
      price: '5',
      spent: '5',
      files: { saved: 1, open: 0, undelivered: 0 },
    });
    expect(JSON.parse(stage.read('out/foxes/receipt.json'))).toEqual(value);
  });

  it('writes images, sidecars, the manifest and the contact sheet', () => {
    const out = join(stage.folder, 'out', 'foxes');
    const manifest = stage.read('out/foxes/manifest.jsonl').trim().split('\n');
    expect(manifest).toHaveLength(6);
    const served = new Set(
      stage.simulator.book.accepted.flatMap(({ outputs }) => outputs.map(({ sha256 }) => sha256)),
    );
    for (const step of ['images', 'large']) {
      const images = readdirSync(join(out, step)).filter((name) => !name.endsWith('.json'));
      expect(images.map((name) => name.split('.')[0])).toEqual(['fox', 'hare', 'owl']);
      for (const name of images) {
        const sha256 = createHash('sha256')
          .update(readFileSync(join(out, step, name)))
          .digest('hex');
        expect(served).toContain(sha256);
        const sidecar = readFileSync(join(out, step, `${name.split('.')[0]}.json`), 'utf8');
        expect(sidecar).toContain(sha256);
        expect(sidecar).not.toContain('demo');
      }
    }
    const sheet = stage.read('out/foxes/index.html');
    for (const name of ['fox', 'hare', 'owl']) expect(sheet).toContain(`${name} in fresh snow`);
  });

  it('pays nothing the second time, needs no key for it and says so', async () => {
    const { code, stdout, stderr } = await stage.run(['run', 'foxes.yaml'], {
      PHOTOGPT_API_KEY: '',
    });
    expect(stderr).toContain('Nothing had to be paid for.');
    expect(stderr.match(/cached {2}.*/g)).toEqual(['cached  6 shots were made before']);
    expect(stdout).toContain('6 of 6 shots have their files');
    expect(code).toBe(0);
    expect(stage.simulator.book.accepted).toHaveLength(6);
  });

  it('pays for the one row that is added', async () => {
    stage.write('foxes.yaml', batch.replace('{ id: owl }', '{ id: owl }\n      - { id: lynx }'));
    const plan = await stage.json<{ shots: object; cost: object[] }>(['plan', 'foxes.yaml']);
    expect(plan.value).toMatchObject({
      shots: { total: 8, new: 2, cached: 6 },
      cost: [{ account: 'photogpt', unit: 'credits', amount: '15', basis: 'assumed' }],
    });
    const { code, value } = await stage.json<StatusJson>(['run', 'foxes.yaml', '--yes']);
    expect({ code, shots: value.shots }).toMatchObject({
      code: 0,
      shots: { total: 8, succeeded: 2, cached: 6 },
    });
    expect(stage.simulator.book.accepted).toHaveLength(8);
    expect(existsSync(join(stage.folder, 'out/foxes/large/lynx.json'))).toBe(true);
  });
});
