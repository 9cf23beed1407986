import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openStudio, type Studio } from './studio.ts';

/** A vendor that lists no jobs: what is not written down is not found again. */
const account = { account: 'gptimage2api' };
const oneShot = `batch: one
steps:
  draw:
    model: gptimage2api:gpt-image-2
    prompt: a fox in the snow
    name: fox
`;

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

describe('the id of a paid job', () => {
  it('is written down as soon as the ledger can be written again', async () => {
    studio = await openStudio({}, {}, {}, account);
    const { running, lines } = await startWithoutRoom(studio);
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).toMatch(/^job \S+ of submission \S+ could not be written down: no room;/);
    makeRoom(studio);
    expect((await running).results).toEqual([{ kind: 'done', saved: 1 }]);
    expect(studio.simulator.book.accepted).toHaveLength(1);
  });

  it('is written down although the request was parked meanwhile', async () => {
    studio = await openStudio({}, {}, {}, account);
    const { running } = await startWithoutRoom(studio);
    const { submissions, reports } = studio.ledger;
    const shot = async () => await reports.shot('one', 'draw/fox');
    const submission = (await shot())?.submission ?? '';
    await submissions.ambiguous(submission, 'no answer was recorded in time');
    expect(await submissions.park(submission, 'the vendor lists no jobs')).toBe(true);
    makeRoom(studio);
    await running;
    expect(await shot()).toMatchObject({ state: 'done' });
    expect(studio.simulator.book.accepted).toHaveLength(1);
    expect(studio.replanRequests).toEqual(['one']);
  });
});

/** Runs the only shot with a ledger that takes no job, until that was noticed. */
async function startWithoutRoom(of: Studio) {
  const input = await of.startRun(oneShot);
  inLedger(
    of,
    `create trigger no_room before update of job_id on submission
     begin select raise(abort, 'no room'); end`,
  );
  const running = of.runStep(input, 'draw');
  const lines = () => of.lines.filter((line) => line.includes('could not be written down'));
  await expect.poll(lines, { timeout: 10_000, interval: 10 }).not.toHaveLength(0);
  return { running, lines };
}

const makeRoom = (of: Studio): void => inLedger(of, 'drop trigger no_room');

function inLedger(of: Studio, statement: string): void {
  const database = new DatabaseSync(join(of.home, 'ledger.db'));
  database.exec('pragma busy_timeout = 5000');
  database.exec(statement);
  database.close();
}
