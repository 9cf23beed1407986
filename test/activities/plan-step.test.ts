import { afterEach, describe, expect, it } from 'vitest';
import { openStudio, type Studio } from './studio.ts';

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

const batch = `batch: fox
steps:
  draw: { model: "photogpt:nanobanana", prompt: a fox, name: fox, references: [] }
`;

describe('planning a step', () => {
  it('puts its shots where the run was accepted', async () => {
    studio = await openStudio();
    const input = await studio.startRun(batch);
    expect((await studio.planOf(input, 'draw', 1)).lanes).toMatchObject([{ shots: 1 }]);
  });

  it('refuses an account that has another address here than in the accepted plan', async () => {
    studio = await openStudio();
    const input = await studio.startRun(batch, {
      accounts: ['photogpt@https://elsewhere.example'],
    });
    await expect(studio.planOf(input, 'draw', 1)).rejects.toThrow(
      /photogpt is at http:\/\/127\.0\.0\.1:\d+ here, and the run was accepted with https:\/\/elsewhere\.example/,
    );
    expect((await studio.ledger.reports.status('fox'))?.steps).toMatchObject([{ total: 0 }]);
  });
});
