import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { openStudio, type Studio } from './studio.ts';

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

/** The simulated vendor has this model in its live list, which nobody has asked for here. */
const batch = `batch: newest
models: { newest: { use: "wonda:lumen-image-1", unchecked: true, options: { palette: [red] } } }
steps:
  draw: { model: newest, prompt: a fox like this, references: [fox.png], seed: 7 }
`;

describe('a model that the catalogue does not know', () => {
  it('is sent as written, with its files, where the batch lets it through', async () => {
    studio = await openStudio({}, {}, {}, { account: 'wonda' });
    const image = sharp({ create: { width: 8, height: 8, channels: 3, background: '#c60' } });
    writeFileSync(join(studio.home, 'fox.png'), await image.png().toBuffer());
    const input = await studio.startRun(batch);
    const { uploads } = await studio.planOf(input, 'draw', 1);
    expect(uploads).toMatchObject([{ accountName: 'wonda', files: 1 }]);
    const account = uploads[0]?.account ?? '';
    const slice = { ...input, step: 'draw', account, slice: 0, slices: 1 };
    await studio.environmentOf().run(studio.activities.uploadReferences, slice);
    const { results } = await studio.runStep(input, 'draw', 2);
    expect(results).toEqual([{ kind: 'done', saved: 1 }]);
    expect(studio.simulator.book.accepted).toMatchObject([
      { request: { model: 'lumen-image-1', params: { palette: ['red'], seed: 7 } } },
    ]);
  });
});
