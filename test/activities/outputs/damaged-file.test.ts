import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunInput } from '../../../src/activities/own-work.ts';
import type { JobRef, JobState } from '../../../src/providers/port.ts';
import { serve } from '../../http/server.ts';
import { openStudio, type Studio } from '../studio.ts';
import { minute, oneShot, runUntil, shotOf, startAmid, tryOnce } from './one-shot.ts';

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

describe('a damaged file', () => {
  it('is kept and marked when the same bytes come again', async () => {
    const of = await openStudio({ faults: [{ kind: 'download-short' }] });
    studio = of;
    const input = await startAmid(of);
    for (let tries = 0; (await shotOf(of))?.state === 'bound'; tries += 1) {
      expect(tries).toBeLessThan(8);
      await tryOnce(of, input);
    }
    const damaged = expect.stringMatching(/^the file ends /);
    expect(await shotOf(of)).toMatchObject({
      state: 'done',
      outputs: [{ state: 'saved', mime: 'image/jpeg', damaged }],
    });
    const notes = await of.ledger.reports.fileNotes('one');
    expect(notes).toMatchObject([{ key: 'draw/fox', state: 'damaged', why: damaged }]);
    expect(of.lines.join()).toContain('is kept although it is damaged: the file ends ');
  });

  it('is not kept where the whole one comes within seconds', async () => {
    const of = await openStudio({ faults: [{ kind: 'download-short', count: 3 }] });
    studio = of;
    await of.runStep(await of.startRun(oneShot), 'draw');
    expect(of.simulator.book.faults['download-short']).toBe(3);
    expect(await shotOf(of)).toMatchObject({ state: 'done', outputs: [{ damaged: null }] });
  });
});

/** Lets the vendor name one address for the file, which answers so. */
async function serveTheFile(of: Studio, answer: (response: ServerResponse) => void): Promise<void> {
  const { url } = await serve((_, response) => answer(response));
  const { provider } = of.access;
  const check = provider.check.bind(provider);
  Object.assign(provider, {
    check: async (job: JobRef): Promise<JobState> => {
      const state = await check(job);
      if (state.state !== 'succeeded') return state;
      return { ...state, outputs: [{ remote: null, url: `${url}/file`, expiresAt: null }] };
    },
  });
}

const svg = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>';

describe('what a file server may do', () => {
  const tryUntilSaved = async (of: Studio, input: RunInput): Promise<void> => {
    for (let tries = 0; (await shotOf(of))?.state === 'bound'; tries += 1) {
      expect(tries).toBeLessThan(30);
      // The worker that was stopped may save it in the same moment.
      await tryOnce(of, input).catch(async (error: unknown) => {
        if ((await shotOf(of))?.state === 'bound') throw error;
      });
    }
  };
  const run = async (answer: (response: ServerResponse) => void): Promise<Studio> => {
    const of = await openStudio();
    studio = of;
    await serveTheFile(of, answer);
    const input = await of.startRun(oneShot);
    await runUntil(of, input, async () => (await shotOf(of))?.submissionState === 'succeeded');
    await tryUntilSaved(of, input);
    return of;
  };
  const bytesOf = async (of: Studio): Promise<string> =>
    Buffer.from(await of.blobs.get((await shotOf(of))?.outputs[0]?.sha256 ?? '')).toString(
      'latin1',
    );

  it('compresses an SVG although nobody asks for it', async () => {
    const of = await run((response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(svg)),
    );
    expect(await shotOf(of)).toMatchObject({ outputs: [{ mime: 'image/svg+xml', damaged: null }] });
    expect(await bytesOf(of)).toBe(svg);
  });

  it('says of a file that it is compressed in a way that it is not', async () => {
    const of = await run((response) =>
      response.writeHead(200, { 'content-encoding': 'br' }).end(`GIF89a${svg}`),
    );
    expect(await bytesOf(of)).toBe(`GIF89a${svg}`);
  });

  it('has a file in a compression that breaks off: it is kept as it is, and marked', async () => {
    const half = gzipSync(randomBytes(5_000)).subarray(0, 4_000);
    const of = await run((response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(half),
    );
    expect(await shotOf(of)).toMatchObject({
      outputs: [
        {
          mime: 'application/octet-stream',
          bytes: 4_000,
          damaged: 'it is of no kind that is known here',
        },
      ],
    });
  });

  it('never tells where a damaged file ends: then it is kept after an hour of tries', async () => {
    const startedAt = Date.now();
    const of = await run((response) => {
      response.useChunkedEncodingByDefault = false;
      response.writeHead(200, { connection: 'close' });
      response.end(svg.slice(0, 50));
    });
    expect(of.deps.now() - startedAt).toBeGreaterThan(60 * minute);
    expect(await shotOf(of)).toMatchObject({
      outputs: [{ damaged: 'the file ends before the end tag of its root element' }],
    });
  });
});
