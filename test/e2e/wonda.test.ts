import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage } from './stage.ts';

const batch = `\
batch: mugs
budget: { wonda: 5 usd }
steps:
  images:
    rows:
      - { id: red }
      - { id: blue }
    model: wonda:nano-banana-2
    aspectRatio: "1:1"
    references: hands.jpg
    prompt: "a {{ id }} mug"
    name: "{{ id }}"
  cutouts:
    from: images
    model: wonda:birefnet-bg-removal
    references: "{{ source }}"
  sketches:
    from: cutouts
    model: wonda:runware-vectorize
    references: "{{ source }}"
  videos:
    from: images
    model: wonda:kling_3_pro
    duration: 3
    references: "{{ source }}"
    prompt: "the mug turns"
  slogans:
    from: images
    model: wonda:scribe-text-1
    references: "{{ source }}"
    prompt: "a slogan for a {{ id }} mug"
`;

const accounts = `\
accounts:
  wonda:
    project: spring
    timeouts: { pollFirstMs: 50, pollMs: 200 }
`;

interface Accepted {
  readonly cost: number;
  readonly request: { readonly model: string; readonly attachmentMediaIds?: readonly string[] };
}

describe('a batch at Wonda, which tells its models and prices live', () => {
  let stage: Stage;
  let environment: Record<string, string | undefined>;

  beforeAll(async () => {
    stage = await openStage({ videoMs: 300, projects: ['spring'] });
    environment = {
      PHOTOGPT_API_KEY: undefined,
      WONDA_API_KEY: 'demo',
      WONDA_BASE_URL: stage.simulator.baseUrls['wonda'],
    };
    stage.write('shotlist.yaml', accounts);
    stage.write('mugs.yaml', batch);
    const grey = { width: 64, height: 64, channels: 3, background: 'grey' } as const;
    stage.write('hands.jpg', await sharp({ create: grey }).jpeg().toBuffer());
    await stage.startWorker(environment as Record<string, string>);
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it('makes images, cutouts, vectors, videos and text, at the prices it was told', async () => {
    const run = ['run', 'mugs.yaml', '--yes', '--json'];
    const { code, stdout, stderr } = await stage.run(run, environment);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const status = JSON.parse(stdout) as { outputs: number; spent: { amount: string }[] };
    const accepted = stage.simulator.book.accepted as readonly Accepted[];
    const credits = accepted.reduce((sum, { cost }) => sum + cost, 0);
    expect(status).toMatchObject({ outputs: 10 });
    expect(Number(status.spent[0]?.amount)).toBeCloseTo(credits / 1_000);
    // One file was uploaded for both images; everything else went on by its id.
    expect(stage.simulator.book.uploads).toHaveLength(1);
    for (const { request } of accepted) expect(request.attachmentMediaIds).toHaveLength(1);
  });

  it('keeps each file as what it is', () => {
    const folder = join(stage.folder, 'out', 'mugs');
    const files = readdirSync(folder, { recursive: true }).map(String);
    const ending = (ext: string): string[] => files.filter((file) => file.endsWith(ext));
    expect([ending('.png').length, ending('.svg').length, ending('.mp4').length]).toEqual([
      4, 2, 2,
    ]);
    const [slogan = ''] = ending('.txt');
    expect(readFileSync(join(folder, slogan), 'utf8')).toMatch(/a slogan for a (red|blue) mug/);
  });
});
