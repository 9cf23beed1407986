import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { brotliCompressSync, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  SendDeadlineError,
  HttpError,
  NetworkError,
  ResponseShapeError,
  TimeoutError,
} from '../../src/http/errors.ts';
import { answerBytesMax, send, sendJson } from '../../src/http/request.ts';
import { classifier } from '../../src/providers/classify.ts';
import { failure, json, serve, serveSlowReader, serveTcp, serveTls } from './server.ts';

const key = 'sk_very_secret_1234';
const headers = { authorization: `Bearer ${key}` };
const classify = classifier({ title: 'Acme', isOwn: () => true, read: () => undefined });
const openDeadline = { sendBy: Number.MAX_SAFE_INTEGER, timeoutMs: 2_000, now: () => 0 };

describe('sendJson', () => {
  it('sends one request and reads the JSON answer', async () => {
    const { url, received } = await serve((_, response) => json(response, 200, { id: 7 }));
    const answer = await sendJson({
      method: 'POST',
      url: `${url}/a?b=1`,
      headers,
      body: { x: 'ü' },
      timeoutMs: 2_000,
    });
    expect(answer.json()).toEqual({ id: 7 });
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ method: 'POST', url: '/a?b=1', body: '{"x":"ü"}' });
    expect(received[0]?.headers).toMatchObject({ ...headers, 'content-type': 'application/json' });
    expect(received[0]?.headers['user-agent']).toMatch(/^shotlist\/\d/);
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateRawSync],
    ['zstd', zstdCompressSync],
  ] as const)('reads an answer in %s although it asked for none', async (encoding, pack) => {
    const { url, received } = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(pack('{"id":7}')),
    );
    const answer = await sendJson({ method: 'POST', url, headers, body: {}, timeoutMs: 2_000 });
    expect(answer.json()).toEqual({ id: 7 });
    expect(received[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('reads the compressed text of an error, also of one that is cut at its limit', async () => {
    const short = JSON.stringify({ message: `no credits for ${key}` });
    const long = short + randomBytes(60_000).toString('hex');
    for (const text of [short, long]) {
      const { url } = await serve((_, response) =>
        response.writeHead(402, { 'content-encoding': 'gzip' }).end(gzipSync(text)),
      );
      const error = await failure(send({ method: 'GET', url, headers, timeoutMs: 2_000 }));
      expect(error).toMatchObject({ name: 'HttpError', status: 402 });
      expect((error as HttpError).body).toContain('no credits for [key]');
    }
  });

  it('takes an answer in a broken compression for unreadable, and its job for unknown', async () => {
    const packed = gzipSync(JSON.stringify({ id: 'a'.repeat(500) }));
    const half = packed.subarray(0, packed.length / 2);
    const { url } = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(half),
    );
    const paid = { method: 'POST', url, headers, body: {}, timeoutMs: 2_000 } as const;
    const error = await failure(sendJson({ ...paid, deadline: openDeadline }));
    expect(error).toBeInstanceOf(ResponseShapeError);
    expect(error).toMatchObject({ detail: 'its compression (gzip) cannot be undone', body: '' });
    expect(classify(error).request).toBe('ambiguous');
  });

  it('unpacks no more of an answer than its limit', async () => {
    const { url } = await serve((_, response) =>
      response
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(gzipSync(Buffer.alloc(50_000_000))),
    );
    const error = await failure(send({ method: 'GET', url, headers, timeoutMs: 9_000 }));
    expect(error).toMatchObject({ detail: `larger than ${answerBytesMax} bytes, unpacked` });
    expect(classify(error).request).toBe('ambiguous');
  });

  it('opens a connection for each paid call and closes it', async () => {
    const { url, received } = await serve((_, response) => json(response, 200, {}));
    const paid = { method: 'POST', url, headers, body: {}, timeoutMs: 2_000 } as const;
    await sendJson({ ...paid, deadline: openDeadline });
    await sendJson({ ...paid, deadline: openDeadline });
    expect(received.map((one) => one.headers.connection)).toEqual(['keep-alive', 'keep-alive']);
    expect(received).toHaveLength(2);
  });
});

describe('the deadline', () => {
  it('is read after a slow connection stands, and then nothing is written', async () => {
    const server = await serveTcp(() => undefined);
    let clock = 0;
    let reads = 0;
    // Looking the name up and connecting happen after `send` returns its promise; the clock jumps then.
    const sending = sendJson({
      method: 'POST',
      url: server.url,
      headers,
      body: {},
      timeoutMs: 2_000,
      deadline: {
        sendBy: 5_000,
        timeoutMs: 2_000,
        now: () => {
          reads++;
          return clock;
        },
      },
    });
    expect(reads).toBe(0);
    clock = 9_000;
    const error = await failure(sending);
    expect(error).toBeInstanceOf(SendDeadlineError);
    expect((error as Error).message).toBe(`not sent, 4000 ms after its time: POST ${server.url}/`);
    expect(reads).toBe(1);
    expect(server.bytes()).toBe(0);
  });

  it('passes while a slow TLS handshake is under way, and nothing is written', async () => {
    let clock = 0;
    const server = await serveTls(() => (clock = 9_000));
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    onTestFinished(() => void vi.unstubAllEnvs());
    const late = { sendBy: 5_000, timeoutMs: 2_000, now: () => clock };
    const post = { method: 'POST', url: server.url, headers, body: {}, timeoutMs: 2_000 } as const;
    expect(await failure(sendJson({ ...post, deadline: late }))).toBeInstanceOf(SendDeadlineError);
    expect(server.bytes()).toBe(0);
    await failure(sendJson({ ...post, timeoutMs: 200, deadline: openDeadline }));
    expect(server.bytes()).toBeGreaterThan(0);
  });

  it('lets a request through that is in time', async () => {
    const { url } = await serve((_, response) => json(response, 202, {}));
    const deadline = { sendBy: 10, timeoutMs: 2_000, now: () => 9 };
    const answer = await send({ method: 'GET', url, headers, timeoutMs: 2_000, deadline });
    expect(answer.status).toBe(202);
  });
});

describe('a paid request that is given up', () => {
  it.each([['http'], ['https']] as const)(
    'is taken back at once over %s: what the kernel has not sent never arrives',
    async (protocol) => {
      const server = await serveSlowReader(protocol);
      vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
      onTestFinished(() => void vi.unstubAllEnvs());
      const body = { prompt: 'a'.repeat(1_500_000) };
      const post = { method: 'POST', url: server.url, headers, body, timeoutMs: 300 } as const;
      const error = await failure(
        sendJson({ ...post, deadline: { ...openDeadline, timeoutMs: 300 } }),
      );
      expect(error).toMatchObject({ name: 'TimeoutError', sent: true });
      const { bytes, end } = await server.readAll();
      expect(end).toBe('ECONNRESET');
      expect(bytes).toBeLessThan(1_400_000);
    },
  );
});

describe('failures', () => {
  it('tells a refused connection as not sent', async () => {
    const { url } = await serveTcp(() => undefined);
    const free = url.replace(/\d+$/, '1');
    const error = await failure(send({ method: 'GET', url: free, headers, timeoutMs: 2_000 }));
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ code: 'ECONNREFUSED', sent: false });
  });

  it('tells a TLS failure as not sent', async () => {
    const server = await serveTcp((socket) => socket.end('no TLS here\r\n'));
    const url = server.url.replace('http:', 'https:');
    const error = await failure(
      sendJson({
        method: 'POST',
        url,
        headers,
        body: {},
        timeoutMs: 2_000,
        deadline: openDeadline,
      }),
    );
    expect(error).toMatchObject({ name: 'NetworkError', sent: false });
  });

  it.each([
    ['before an answer', ''],
    ['in the middle of the head', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['in the middle of the body', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"id"'],
    ['with something that is not HTTP', 'what?\r\n\r\n'],
  ])('tells a connection that breaks %s as sent', async (_, text) => {
    const server = await serveTcp((socket) =>
      socket.once('data', () => socket.write(text, () => socket.destroy())),
    );
    const error = await failure(
      sendJson({
        method: 'POST',
        url: server.url,
        headers,
        body: {},
        timeoutMs: 2_000,
        deadline: openDeadline,
      }),
    );
    expect(error).toMatchObject({ name: 'NetworkError', sent: true });
    expect(server.bytes()).toBeGreaterThan(0);
  });

  it('sends once even where the connection breaks on a GET', async () => {
    let connections = 0;
    const server = await serveTcp((socket) => {
      connections++;
      socket.once('data', () => socket.destroy());
    });
    const get = { method: 'GET', url: server.url, headers, timeoutMs: 2_000 } as const;
    await failure(send({ ...get, deadline: openDeadline }));
    expect(connections).toBe(1);
  });

  it('keeps the status of a refusal whose body breaks off', async () => {
    const server = await serveTcp((socket) =>
      socket.once('data', () =>
        socket.write('HTTP/1.1 402 No\r\ncontent-length: 99\r\n\r\n{"err', () => socket.destroy()),
      ),
    );
    const error = await failure(
      send({ method: 'GET', url: server.url, headers, timeoutMs: 2_000 }),
    );
    expect(error).toBeInstanceOf(HttpError);
    expect(error).toMatchObject({ status: 402, body: '{"err' });
  });

  it('times out with what is known', async () => {
    const { url } = await serve(() => undefined);
    const error = await failure(send({ method: 'GET', url, headers, timeoutMs: 30 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ timeoutMs: 30, sent: true });
  });

  it('does not follow a redirect', async () => {
    const { url, received } = await serve((_, response) =>
      response.writeHead(302, { location: '/elsewhere' }).end(),
    );
    const error = await failure(send({ method: 'GET', url, headers, timeoutMs: 2_000 }));
    expect(error).toMatchObject({ name: 'HttpError', status: 302 });
    expect(received).toHaveLength(1);
  });

  it('refuses an answer above its limit and one that is not JSON', async () => {
    const { url } = await serve((_, response) => response.end('<html>'.repeat(100)));
    const get = { method: 'GET', url, headers, timeoutMs: 2_000 } as const;
    expect(await failure(send({ ...get, maxBytes: 100 }))).toBeInstanceOf(ResponseShapeError);
    const answer = await send(get);
    expect(() => answer.json()).toThrow(ResponseShapeError);
  });

  it('holds neither key nor query, even if the server repeats them', async () => {
    const { url } = await serve((request, response) =>
      json(response, 401, { message: `bad key ${request.headers.authorization}` }),
    );
    const get = { method: 'GET', headers, timeoutMs: 2_000 } as const;
    const refused = await failure(send({ ...get, url: `${url}/x?token=t0ps3cret` }));
    const closed = await failure(send({ ...get, url: 'http://127.0.0.1:1/x?token=t0ps3cret' }));
    const broken = await failure(
      send({ ...get, url, headers: { authorization: `Bearer ${key}\n` } }),
    );
    expect(broken).toMatchObject({ name: 'NetworkError', sent: false });
    for (const error of [refused, closed, broken]) {
      const shown = inspect(error, { depth: 9 });
      expect(shown).not.toContain(key);
      expect(shown).not.toContain('t0ps3cret');
    }
    expect(refused).toMatchObject({ request: `GET ${url}/x` });
  });
});
