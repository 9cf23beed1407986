import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage } from './stage.ts';

const batch = `\
batch: mixed
steps:
  mugs:
    rows: [{ id: red }, { id: blue }]
    name: "{{ id }}"
    model: wonda:nano-banana-2
    prompt: "a {{ id }} mug"
  tables:
    from: mugs
    model: photogpt:nanobanana
    references: ["{{ source }}", table.png]
    prompt: the mug on this table
`;
const settings = 'accounts:\n  photogpt: { referenceHost: wonda }\n';

interface Accepted {
  readonly vendor: string;
  readonly request: { readonly referenceImageURLs?: readonly string[] };
}

describe('a model of public links that reads files', () => {
  let stage: Stage;
  let environment: Record<string, string>;

  beforeAll(async () => {
    stage = await openStage();
    environment = {
      WONDA_API_KEY: 'demo',
      WONDA_BASE_URL: stage.simulator.baseUrls['wonda'] ?? '',
    };
    stage.write('mixed.yaml', batch);
    const grey = { width: 64, height: 64, channels: 3, background: 'grey' } as const;
    stage.write('table.png', await sharp({ create: grey }).png().toBuffer());
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it('is told before anything is spent that there is no way to them', async () => {
    const { code, stdout, stderr } = await stage.run(['validate', 'mixed.yaml'], environment);
    expect(code).toBe(2);
    const reported = stdout + stderr;
    expect(reported).toContain('table.png is a file');
    expect(reported).toContain('mugs/red is a file, made by wonda');
    expect(reported).toContain('give photogpt a referenceHost in shotlist.yaml');
    expect(stage.simulator.book.accepted).toHaveLength(0);
  });

  it('says before a run that its host has no key', async () => {
    stage.write('shotlist.yaml', settings);
    const noKey = { ...environment, WONDA_API_KEY: undefined };
    stage.write('alone.yaml', batch.replace('wonda:nano-banana-2', 'photogpt:nanobanana'));
    const run = ['run', 'alone.yaml', '--yes', '--unknown-prices'];
    const { code, stderr } = await stage.run(run, noKey);
    expect(code).toBe(2);
    expect(stderr).toContain('photogpt uses the reference host wonda, which has no key');
  });

  it('gets them by the links of the other account, each uploaded once', async () => {
    await stage.startWorker(environment);
    const run = ['run', 'mixed.yaml', '--yes', '--unknown-prices', '--json'];
    const { code, stderr } = await stage.run(run, environment);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { accepted, uploads } = stage.simulator.book;
    const links = (accepted as readonly Accepted[])
      .filter(({ vendor }) => vendor === 'photogpt')
      .map(({ request }) => request.referenceImageURLs ?? []);
    expect(links).toHaveLength(2);
    expect(new Set(links.map(([, table]) => table)).size).toBe(1);
    expect(new Set(links.map(([mug]) => mug)).size).toBe(2);
    expect(uploads).toHaveLength(3);
    for (const link of links.flat()) expect((await fetch(link)).status).toBe(200);
  });

  it('shows what lies at the other account, and for which batch', async () => {
    const { stdout } = await stage.run(['uploads', 'wonda'], environment);
    expect(stdout).toContain('table.png');
  });
});
