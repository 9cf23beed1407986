import { afterEach, describe, expect, it } from 'vitest';
import { openStudio, type Studio } from './studio.ts';

const fiveShots = `batch: five
steps:
  draw:
    rows: [{ what: fox }, { what: hen }, { what: owl }, { what: cat }, { what: elk }]
    model: photogpt:nanobanana
    prompt: a {{ what }} in the snow
`;

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

describe('runShots', () => {
  it('takes five shots from the file to saved pictures, each paid once', async () => {
    studio = await openStudio();
    const input = await studio.startRun(fiveShots);
    const { planned, results } = await studio.runStep(input, 'draw');
    expect(planned.lanes).toMatchObject([{ shots: 5, accountName: 'photogpt' }]);
    expect(planned.lanes[0]?.names).toHaveLength(5);
    expect(results).toEqual([{ kind: 'done', saved: 5 }]);
    expect(studio.simulator.book.accepted).toHaveLength(5);
    const outputs = [];
    for await (const shot of studio.ledger.reports.shots(input.batch)) {
      expect(shot.state).toBe('done');
      outputs.push(...shot.outputs);
    }
    expect(outputs).toHaveLength(5);
    for (const { sha256, width } of outputs) {
      expect(await studio.blobs.has(sha256 ?? '')).toBe(true);
      expect(width).toBeGreaterThan(0);
    }
  });
});
