import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backoff } from '../../src/http/backoff.ts';
import { vendors } from '../../src/providers/registry.ts';
import { LeapingClock } from '../http/driven-clock.ts';
import { serve } from '../http/server.ts';

const key = 'key-that-is-secret-0123456789';
const names = [
  ...[
    'result',
    'data',
    'jobs',
    'id',
    'jobId',
    'job_id',
    'taskId',
    'status',
    'images',
    'videos',
    'url',
  ],
  ...[
    'outputs',
    'media',
    'mediaId',
    'error',
    'errorMessage',
    'message',
    'imageUrls',
    'credits',
    'items',
  ],
  ...[
    'nextPageToken',
    'has_more',
    'balance',
    'created_at',
    '__proto__',
    'constructor',
    'image_url',
  ],
];
const words = fc.constantFrom<unknown>(
  ...['success', 'completed', 'failed', 'RUNNING', '..', '\u001b[31m', '', 'file:///etc/passwd'],
  ...[`Bearer ${key}`, 'x'.repeat(2_000), -1, 0, 1, 2, 1e300, null, true, '2026-01-01T00:00:00Z'],
);
const answer = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: 'medium', maxDepth: 5 },
    words,
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...names), tie('node'), { maxKeys: 8 }),
  ),
})).node;

describe.each(vendors.map((vendor) => [vendor.id, vendor] as const))('%s', (_, vendor) => {
  it('may answer anything: it is read, or is one line that tells why not, without the key', async () => {
    let given: { status: number; body: string } = { status: 200, body: '' };
    const { url } = await serve((_request, response) =>
      response.writeHead(given.status, { 'content-type': 'application/json' }).end(given.body),
    );
    const provider = vendor.connect({
      baseUrl: url,
      apiKey: key,
      settings: vendor.settings.parse({}),
      backoff: new Backoff({ clock: new LeapingClock() }),
    });
    const job = { jobId: 'j', taskId: 'j', inferenceJobId: 'j', id: 'j' };
    const asks = [
      () => provider.check(job),
      () => provider.listJobs?.(0, 1_000),
      () => provider.describe?.(job),
      () => provider.verify(),
      () => provider.presets?.(),
      () => provider.files?.list(),
      () => provider.train?.check('m'),
      () => provider.discover?.(),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(200, 200, 200, 201, 400, 401, 404, 422, 429, 500),
        answer,
        async (status, body) => {
          given = { status, body: JSON.stringify(body) };
          for (const ask of asks) {
            const reported: unknown = await Promise.resolve(ask()).catch((error: unknown) => {
              const verdict = provider.classify(error);
              expect(['refused', 'ambiguous', 'notSent']).toContain(verdict.request);
              expect(verdict.message).not.toMatch(/\p{Cc}/u);
              expect(verdict.message.length).toBeLessThan(1_200);
              return verdict;
            });
            expect(JSON.stringify(reported) ?? '').not.toContain(key);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
