import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../src/simulator/settings.ts';
import { openStage, type Stage, until } from './stage.ts';

/** Longer than any test: jobs that take it end when the vendor's clock is moved. */
const longMs = 600_000;
const batchOf = (name: string, prompts: readonly string[]): string => `\
batch: ${name}
steps:
  images:
    rows: [${prompts.map((prompt, index) => `{ id: ${index}, what: ${prompt} }`).join(', ')}]
    model: photogpt:nanobanana
    prompt: "${name}, {{ what }}"
    name: "image {{ id }}"
`;

const costs = `\
batch: costs
steps:
  billed: { model: "gptimage2api:gpt-image-2", prompt: a jug, name: jug }
  listed: { model: "photogpt:nanobanana", prompt: a cup, name: cup }
  reported: { model: "wonda:nano-banana-pro", prompt: a bowl, name: bowl }
`;

const accounts = `\
accounts:
  photogpt:
    timeouts: { pollFirstMs: 100, pollMs: 200 }
    prices: { nanobanana: 10 }
  gptimage2api:
    timeouts: { pollFirstMs: 100, pollMs: 200 }
    prices: { gpt-image-2: 1 }
`;

interface Receipt {
  readonly submissions: readonly Record<string, unknown>[];
  readonly checks: readonly { account: string; kind: string; agrees: boolean; text: string }[];
}

describe('what was paid for', () => {
  let stage: Stage;
  let aheadMs = 0;
  beforeAll(async () => {
    const prices = { ...defaultSettings.prices, photogpt: { image: 12 } };
    const clock = { now: () => Date.now() + aheadMs };
    stage = await openStage({ jobMs: 50, jitter: 0, prices, clock });
    stage.write('shotlist.yaml', accounts);
    await stage.startWorker();
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const acceptedOf = (batch: string) =>
    stage.simulator.book.accepted.filter(({ request }) =>
      JSON.stringify(request).includes(`${batch}, `),
    );
  const filesOf = (...place: string[]): string[] => {
    const folder = join(stage.folder, 'out', ...place);
    return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.jpg')) : [];
  };
  /** Starts a batch, and abandons it when all of its jobs run. @returns what `cancel` said */
  const abandon = async (batch: string, prompts: readonly string[]) => {
    stage.simulator.settings.jobMs = longMs;
    stage.write(`${batch}.yaml`, batchOf(batch, prompts));
    const running = stage.start(['run', `${batch}.yaml`, '--yes']);
    await until('all jobs run', () => acceptedOf(batch).length === prompts.length);
    const { code, stdout } = await stage.run(['cancel', batch, '--abandon']);
    expect(code).toBe(0);
    await running.ended;
    expect(filesOf(batch, 'images')).toEqual([]);
    stage.simulator.settings.jobMs = 50;
    return stdout;
  };
  const letJobsEnd = (): void => {
    aheadMs += longMs;
  };

  it("is held against the vendors' own numbers, and a bill above its price is reported", async () => {
    stage.write('costs.yaml', costs);
    const { code, stdout } = await stage.run(['run', 'costs.yaml', '--yes']);
    expect(stdout).toContain('3 of 3 shots have their files');
    expect(stdout).toContain('price: gptimage2api charges 3 credits for gpt-image-2');
    expect(code).toBe(0);
    const { value } = await stage.json<Receipt>(['receipt', 'costs']);
    expect(value.submissions).toHaveLength(3);
    expect(value.submissions).toContainEqual(
      expect.objectContaining({
        ...{ key: 'billed/jug', account: 'gptimage2api', state: 'succeeded' },
        ...{ planned: '1', billed: '3', spent: '3', overBilled: '2' },
        ...{ files: { saved: 1, open: 0, undelivered: 0 }, lost: [] },
      }),
    );
    const checks = value.checks.map(({ account, kind, agrees }) => [account, kind, agrees]);
    expect(checks.toSorted()).toEqual([
      ['gptimage2api', 'bills', false],
      ['photogpt', 'list', false],
      ['wonda', 'balance', true],
    ]);
    const text = (await stage.run(['receipt', 'costs'])).stdout;
    expect(text).toMatch(
      /photogpt +DIFFERS +the vendor's list shows 12 credits for 1 job: 2 credits/,
    );
    expect(JSON.parse(stage.read('out/costs/receipt.json'))).toEqual(value);
  });

  it('is named when a batch is abandoned, and collected later without paying', async () => {
    const said = await abandon('left', ['fox', 'hen', 'owl']);
    expect(said).toMatch(/left: 3 jobs at photogpt, 36 credits/);
    expect((await stage.run(['status', 'left'])).stdout).toContain('shotlist collect left');
    letJobsEnd();
    const { code, stdout } = await stage.run(['collect']);
    expect(stdout).toContain('left: all its paid files are on disk');
    expect(code).toBe(0);
    expect(filesOf('left', 'images')).toHaveLength(3);
    expect((await stage.run(['collect', 'left'])).stdout).toBe('Nothing is left to collect.\n');
    expect(await stage.json(['status', 'left'])).toMatchObject({ value: { state: 'cancelled' } });
    expect(acceptedOf('left')).toHaveLength(3);
  });

  it('goes to _old/ when its shot has changed meanwhile', async () => {
    await abandon('changed', ['fox', 'hen']);
    letJobsEnd();
    stage.write('changed.yaml', batchOf('changed', ['fox', 'elk']));
    const { code, stdout } = await stage.run(['run', 'changed.yaml', '--yes']);
    expect(stdout).toContain('2 of 2 shots have their files');
    expect(code).toBe(0);
    expect(filesOf('changed', 'images')).toHaveLength(2);
    const [old, ...others] = filesOf('changed', '_old', 'images');
    expect([old, others]).toEqual(['image-1.jpg', []]);
    const sidecar = join(stage.folder, 'out/changed/_old/images/image-1.json');
    expect(readFileSync(sidecar, 'utf8')).toContain('changed, hen');
    expect(acceptedOf('changed')).toHaveLength(3);
  });
});
