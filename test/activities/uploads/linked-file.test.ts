import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { claimAndStart, startShot } from '../../../src/activities/claim-and-start.ts';
import type { Range } from '../../../src/ledger/port.ts';
import { openStudio, type Studio } from '../studio.ts';

/** A stranger's server that answers when the test says so. */
const asked: ServerResponse[] = [];
const server = createServer((_, answer) => asked.push(answer));
let studio: Studio;
beforeEach(async () => {
  asked.length = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  studio = await openStudio({}, {}, {}, { account: 'wonda' });
});
afterEach(async () => {
  await studio.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const batch = (url: string): string => `batch: linked
steps:
  draw:
    model: wonda:nano-banana-2
    rows: [{ what: fox }, { what: hen }]
    prompt: a {{ what }} like this
    references: ['${url}']
    name: '{{ what }}'
`;

describe('a link whose file takes longer than a paid request may wait', () => {
  it('is fetched once, and its file is there when the request is claimed again', async () => {
    const { input, range } = await startRun();
    for (let claims = 1; claims <= 3; claims += 1) {
      expect(await startTooLate(range)).toBe(2);
      expect(asked).toHaveLength(1);
    }
    const image = sharp({ create: { width: 8, height: 8, channels: 3, background: '#c60' } });
    asked[0]?.end(await image.png().toBuffer());
    expect((await studio.runStep(input, 'draw', 2)).results).toEqual([{ kind: 'done', saved: 2 }]);
    expect(asked).toHaveLength(1);
    expect(studio.simulator.book.accepted).toHaveLength(2);
  });

  it('fails its shots with what its server says, although nobody waited for that', async () => {
    const { input, range } = await startRun();
    await startTooLate(range);
    asked[0]?.writeHead(404).end();
    await studio.runStep(input, 'draw', 2);
    const shots = await Array.fromAsync(studio.ledger.reports.shots('linked'));
    const why = expect.stringMatching(/^the link cannot be used: answered 404/);
    expect(shots).toMatchObject([
      { state: 'failed', why },
      { state: 'failed', why },
    ]);
    expect(asked).toHaveLength(1);
  });
});

describe('a link whose server fails', () => {
  const answer = async (status: number): Promise<void> => {
    await vi.waitFor(() => expect(asked).not.toHaveLength(0), { timeout: 20_000 });
    asked.shift()?.writeHead(status).end();
  };
  const states = async () =>
    Object.fromEntries(
      (await Array.fromAsync(studio.ledger.reports.shots('linked'))).map((shot) => [
        shot.name,
        shot.state,
      ]),
    );
  const blocks = async () => (await studio.ledger.reports.status('linked'))?.blocks;

  it('holds up no other shot, and fails its own when it has failed for long', async () => {
    const input = await studio.startRun(`batch: linked
steps:
  draw:
    model: wonda:nano-banana-2
    rows: [{ what: fox, like: '${address()}' }, { what: hen }]
    prompt: a {{ what }}
    references: ['{{ like | optional }}']
    name: '{{ what }}'
`);
    const running = studio.runStep(input, 'draw');
    await answer(500);
    await expect.poll(states).toEqual({ fox: 'open', hen: 'done' });
    expect(await blocks()).toEqual([]);
    const [refused] = await submissionsOf('fox');
    expect(refused?.why).toMatch(
      /^the file of a link is not available yet: answered 500: GET http:..127.0.0.1:/,
    );
    await answer(500);
    studio.clock.passedMs += 10 * 60_000;
    await answer(500);
    expect((await running).results).toEqual([{ kind: 'done', saved: 1 }]);
    expect(await states()).toEqual({ fox: 'failed', hen: 'done' });
    const shot = await studio.ledger.reports.shot('linked', 'draw/fox');
    expect(shot?.why).toMatch(
      /^the link cannot be used: answered 500: GET http:..127.0.0.1:.* \(tried for 10 minutes\)$/,
    );
    expect(await blocks()).toEqual([]);
    expect(studio.simulator.book.accepted).toHaveLength(1);
  });

  it('is tried again, and its shot is made once it answers', async () => {
    const { input } = await startRun();
    const running = studio.runStep(input, 'draw', 2);
    await answer(503);
    await vi.waitFor(() => expect(asked).not.toHaveLength(0), { timeout: 20_000 });
    const image = sharp({ create: { width: 8, height: 8, channels: 3, background: '#c60' } });
    asked.shift()?.end(await image.png().toBuffer());
    expect((await running).results).toEqual([{ kind: 'done', saved: 2 }]);
    expect(await states()).toEqual({ fox: 'done', hen: 'done' });
  });

  const submissionsOf = async (name: string) =>
    (await Array.fromAsync(studio.ledger.reports.submissions('linked'))).filter(
      ({ key }) => key === `draw/${name}`,
    );
});

function address(): string {
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}/fox.png`;
}

async function startRun() {
  const input = await studio.startRun(batch(address()));
  const [{ lane, account } = { lane: '', account: '' }] = await studio.lanesOf(input, 'draw');
  return { input, range: { batch: input.batch, run: input.run, lane, account, from: 0, to: 2 } };
}

/** Claims and starts, with less time until the request must have left. @returns how many were claimed */
async function startTooLate(range: Range): Promise<number> {
  const { deps, access } = studio;
  const started: Promise<unknown>[] = [];
  await claimAndStart(deps, access, range, (grant, { now }) =>
    started.push(startShot(deps, access, grant, { sendBy: now() + 100, now })),
  );
  await Promise.all(started);
  return started.length;
}
