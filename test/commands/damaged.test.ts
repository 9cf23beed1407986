import { afterEach, describe, expect, it } from 'vitest';
import { openDesk } from './desk.ts';
import { type Desk, leaveBatch } from './paid-batch.ts';

const why = 'the file ends before its end marker (EOI)';

let desk: Desk;
afterEach(() => desk.close());

describe('a damaged file', () => {
  async function keepDamaged(laterSteps = ''): Promise<void> {
    desk = await openDesk();
    await leaveBatch(
      desk,
      async (ledger, id) => {
        const size = { bytes: 10, mime: 'image/jpeg', width: 4, height: 3 };
        const file = { sha256: 'a'.repeat(64), ...size, damaged: why };
        await ledger.submissions.saveOutput(id, 0, file);
        await ledger.batches.finishRun('pots', 1, 'complete');
      },
      { laterSteps },
    );
  }

  it('is said by the summary, with exit code 3', async () => {
    await keepDamaged();
    const { stdout, code } = await desk.run(['status', 'pots']);
    expect(stdout).toContain('pots: 1 of 1 shots have their files; finished');
    expect(stdout).toContain(`  damaged    1 file is damaged: draw/pot: ${why}`);
    expect(code).toBe(3);
    expect(await desk.json(['status', 'pots'])).toMatchObject({
      shots: { total: 1, succeeded: 1 },
      outputs: 1,
      damaged: [{ key: 'draw/pot', output: 0, why }],
    });
  });

  it('is on the receipt', async () => {
    await keepDamaged();
    const receipt = (await desk.run(['receipt', 'pots'])).stdout;
    expect(receipt).toContain(`draw/pot  its file is damaged: ${why}`);
    expect(await desk.json(['receipt', 'pots'])).toMatchObject({
      submissions: [{ state: 'succeeded', damaged: [{ output: 0, why }] }],
    });
  });

  it('is read by a later step, and the plan says so', async () => {
    await keepDamaged(
      '  again: { from: draw, model: "photogpt:nanobanana", prompt: the same in blue }\n',
    );
    const { stdout } = await desk.run(['plan', 'pots.yaml']);
    expect(stdout).toContain(`NOTE      draw/pot is damaged (${why}), and again reads it`);
    expect(stdout).toMatch(/draw +1 +0 +1 /);
  });
});

describe('a file that is not available yet', () => {
  it('is said with the reason while that lasts', async () => {
    desk = await openDesk();
    await leaveBatch(desk, (ledger, id) =>
      ledger.submissions.refuseOutput(id, 0, {
        inMs: 60_000,
        why: 'answered 403: GET https://files.test/a.png',
        isGone: false,
      }),
    );
    const reason = 'answered 403: GET https://files.test/a.png';
    const { stdout, code } = await desk.run(['status', 'pots']);
    expect(stdout).toContain(`  unfetched  1 file is not available yet: draw/pot: ${reason}`);
    expect(code).toBe(4);
    expect(await desk.json(['status', 'pots'])).toMatchObject({
      unfetched: [{ key: 'draw/pot', output: 0, why: reason, tries: 1, next: expect.any(String) }],
    });
    expect((await desk.run(['receipt', 'pots'])).stdout).toContain(
      `its file is not available yet: ${reason}`,
    );
    expect(await desk.json(['receipt', 'pots'])).toMatchObject({
      submissions: [{ unfetched: [{ output: 0, why: reason }] }],
    });
  });
});
