import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { failure, json, serve } from '../http/server.ts';
import { vendorOf } from './stage.ts';

interface Speaker {
  readonly id: string;
  readonly settings?: JsonObject;
  /** Its own 404 of a job, as it is documented or met. */
  readonly own: JsonObject;
}

const speakers: readonly (readonly [string, Speaker])[] = [
  [
    'photogpt',
    { id: 'photogpt', own: { err: 'not found', message: 'x', result: null, status: 'NOK' } },
  ],
  [
    'productai in dialect a',
    { id: 'productai', own: { error: { code: 'not_found', message: 'no such job' } } },
  ],
  [
    'productai in dialect b',
    {
      id: 'productai',
      settings: { dialect: 'b' },
      own: { status: 'ERROR', message: 'no such job', code: 'JOB_NOT_FOUND' },
    },
  ],
  ['wonda', { id: 'wonda', own: { error: { code: 'not_found', message: 'no such job' } } }],
  ['gptimage2api', { id: 'gptimage2api', own: { error: 'Task not found' } }],
];

/** What stands between us and a vendor answers 404 as well, often with JSON. */
const foreign: readonly (readonly [string, string])[] = [
  ['Kong', '{"message":"no Route matched with those values"}'],
  ['nginx', '<html><head><title>404 Not Found</title></head><body></body></html>'],
  ['Spring', '{"timestamp":"2026-01-01","status":404,"error":"Not Found","path":"/jobs/j-1"}'],
  ['Nest', '{"statusCode":404,"error":"Not Found","message":"Cannot GET /jobs/j-1"}'],
  ['FastAPI', '{"detail":"Not Found"}'],
  ['an API gateway', '{"message":"Not Found"}'],
  ['a proxy', '{"error":"Not Found"}'],
  ['a proxy with an object', '{"error":{"message":"upstream not found"}}'],
  ['a proxy with a number', '{"error":{"code":404,"message":"not found"}}'],
  ['a load balancer', '{"status":"error","message":"default backend - 404"}'],
  ['a service mesh', '{"code":404,"err":"no healthy upstream"}'],
  ['a cache', 'null'],
  ['a broken proxy', ''],
];

describe.each(speakers)('a 404 at %s', (_, { id, settings = {}, own }) => {
  const connect = (baseUrl: string) => vendorOf(id).connect({ baseUrl, apiKey: 'k-1', settings });

  it('means that there is no such job where the vendor itself says so', async () => {
    const { url } = await serve((__, response) => json(response, 404, own));
    const provider = connect(url);
    expect(await provider.check(provider.jobRef('7'))).toEqual({ state: 'missing' });
  });

  it.each(foreign)('says nothing of the job where %s wrote it', async (__, body) => {
    const { url } = await serve((___, response) => response.writeHead(404).end(body));
    const provider = connect(url);
    expect(await failure(provider.check(provider.jobRef('7')))).toMatchObject({ status: 404 });
  });
});

describe('a 404 that a gateway wrote', () => {
  const [[, kong] = ['', '']] = foreign;

  it('neither loses a model nor an upload', async () => {
    const { url } = await serve((_, response) => response.writeHead(404).end(kong));
    const connect = (id: string) =>
      vendorOf(id).connect({ baseUrl: url, apiKey: 'key-1', settings: {} });
    const { train, files } = connect('photogpt');
    await expect(train?.check('m-1')).rejects.toMatchObject({ status: 404 });
    await expect(train?.delete('m-1')).rejects.toMatchObject({ status: 404 });
    await expect(files?.delete?.('i-1')).rejects.toMatchObject({ status: 404 });
    for (const id of ['photogpt', 'wonda'])
      await expect(connect(id).uploadStates?.(['u-1'])).rejects.toMatchObject({ status: 404 });
  });

  it.each([400, 404, 409])('with %d asks for no video to be made', async (status) => {
    const { url, received } = await serve((_, response) => response.writeHead(status).end(kong));
    const provider = vendorOf('photogpt').connect({ baseUrl: url, apiKey: 'key-1', settings: {} });
    const output = { remote: 'v-1', url: null, expiresAt: null };
    await expect(provider.prepare?.(output)).rejects.toMatchObject({ status });
    expect(received.map((one) => one.url)).toEqual(['/videos/v-1/download']);
  });
});
