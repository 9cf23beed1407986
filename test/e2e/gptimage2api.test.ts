import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage } from './stage.ts';

const batch = `\
batch: bottles
budget: { gptimage2api: 100 credits }
steps:
  pictures:
    rows:
      - { id: amber }
      - { id: green }
    model: gptimage2api:gpt-image-2
    aspectRatio: "4:5"
    prompt: "a bottle of {{ id }} glass on warm paper"
    name: "{{ id }}"
  larger:
    from: pictures
    model: gptimage2api:nano-banana-pro
    resolution: 2K
    references: "{{ source }}"
    prompt: "the same, on slate"
  films:
    from: larger
    model: gptimage2api:veo3_lite
    references: "{{ source }}"
    prompt: "the camera circles it"
`;

const accounts = `\
accounts:
  gptimage2api:
    timeouts: { pollFirstMs: 50, pollMs: 200 }
`;

interface Book {
  readonly accepted: readonly {
    readonly kind: string;
    readonly cost: number;
    readonly refunded: boolean;
    readonly request: { readonly inputImageUrls?: readonly string[]; readonly inputMode?: string };
  }[];
}

describe('a batch at GPTImage2API, which takes links only and lists no tasks', () => {
  let stage: Stage;
  let environment: Record<string, string | undefined>;

  beforeAll(async () => {
    stage = await openStage({ videoMs: 300, taskStyle: 'quickstart' });
    environment = {
      PHOTOGPT_API_KEY: undefined,
      GPTIMAGE2API_API_KEY: 'demo',
      GPTIMAGE2API_BASE_URL: stage.simulator.baseUrls['gptimage2api'],
    };
    stage.write('shotlist.yaml', accounts);
    stage.write('bottles.yaml', batch);
    await stage.startWorker(environment as Record<string, string>);
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it('edits and films what it has made, by the own links of the pictures', async () => {
    const { code, stdout, stderr } = await stage.run(
      ['run', 'bottles.yaml', '--yes', '--json'],
      environment,
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const status = JSON.parse(stdout) as { outputs: number; spent: { amount: string }[] };
    expect(status).toMatchObject({ outputs: 6, spent: [{ amount: String(2 * (3 + 12 + 5)) }] });
    const { accepted } = stage.simulator.book as Book;
    expect(accepted.map(({ cost }) => cost).toSorted((a, b) => a - b)).toEqual([
      3, 3, 5, 5, 12, 12,
    ]);
    const edits = accepted.filter(({ request }) => request.inputImageUrls);
    expect(edits).toHaveLength(4);
    for (const { request } of edits)
      expect(request.inputImageUrls?.[0]).toContain(`${stage.simulator.url}/files/`);
    expect(accepted.filter(({ kind }) => kind === 'video')).toHaveLength(2);
  });
});
