import { inspect } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isInsideAddress } from '../../src/http/address.ts';
import { download } from '../../src/http/download.ts';
import { TooLargeError, TruncatedError } from '../../src/http/errors.ts';
import { failure, serve, serveTcp } from './server.ts';

const limits = { maxBytes: 1_000, timeoutMs: 2_000, idleTimeoutMs: 1_000 };

async function read(request: Parameters<typeof download>[0]): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await download(request)).stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('download', () => {
  it('streams the file over a redirect, as the server stores it', async () => {
    const elsewhere = await serve((_, response) => response.end('video'));
    const home = await serve((_, response) =>
      response.writeHead(302, { location: `${elsewhere.url}/file?sig=1` }).end(),
    );
    const request = { url: `${home.url}/f`, trustedOrigin: home.url };
    expect(await read({ ...request, ...limits })).toBe('video');
    expect(home.received[0]?.headers.authorization).toBeUndefined();
    expect(elsewhere.received[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('refuses an inside address, by number and by name, when the account is outside', async () => {
    const { url, received } = await serve((_, response) => response.end('secret'));
    const trustedOrigin = 'https://8.8.8.8';
    for (const inside of [url, url.replace('127.0.0.1', 'localhost')])
      expect(await failure(download({ url: inside, trustedOrigin, ...limits }))).toMatchObject({
        name: 'UnsafeUrlError',
        reason: 'an address inside this network',
      });
    expect(received).toHaveLength(0);
  });

  it.each(['file:///etc/passwd', 'data:text/plain,x', 'ftp://example.com/x', 'nonsense'])(
    'refuses %s',
    async (url) => {
      const trustedOrigin = 'http://127.0.0.1';
      expect(await failure(download({ url, trustedOrigin, ...limits }))).toMatchObject({
        name: 'UnsafeUrlError',
      });
    },
  );

  it('gives up after five redirects', async () => {
    const { url, received } = await serve((_, response) =>
      response.writeHead(302, { location: '/again' }).end(),
    );
    expect(await failure(download({ url, trustedOrigin: url, ...limits }))).toMatchObject({
      name: 'UnsafeUrlError',
      reason: 'more than 5 redirects',
    });
    expect(received).toHaveLength(6);
  });

  it('refuses more bytes than allowed, announced or not', async () => {
    const big = 'x'.repeat(2_000);
    const announced = await serve((_, response) =>
      response.writeHead(200, { 'content-length': '2000' }).end(big),
    );
    const silent = await serve((_, response) => {
      response.write(big.slice(0, 900));
      response.end(big);
    });
    for (const { url } of [announced, silent])
      expect(await failure(read({ url, trustedOrigin: url, ...limits }))).toBeInstanceOf(
        TooLargeError,
      );
  });

  it.each([
    ['announced', 'content-length: 100\r\n\r\nhalf'],
    ['chunked', 'transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('notices a %s file that is cut off', async (_, rest) => {
    const { url } = await serveTcp((socket) =>
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n${rest}`, () => socket.end())),
    );
    const error = await failure(read({ url, trustedOrigin: url, ...limits }));
    expect(error).toBeInstanceOf(TruncatedError);
    expect(error).toMatchObject({ received: 4 });
  });

  it('ends a silent download', async () => {
    const { url } = await serve((_, response) => response.write('a'));
    const request = { url, trustedOrigin: url, ...limits, idleTimeoutMs: 40 };
    expect(await failure(read(request))).toMatchObject({ name: 'TimeoutError', timeoutMs: 40 });
  });

  it.each([
    ['announced', { 'content-encoding': 'gzip' }],
    ['in two layers', { 'content-encoding': 'gzip, br' }],
  ])(
    'unpacks what is compressed although nobody asks for it, its length %s',
    async (_, headers) => {
      const video = 'video '.repeat(150);
      const packed = headers['content-encoding'].includes('br')
        ? brotliCompressSync(gzipSync(video))
        : gzipSync(video);
      const { url } = await serve((_request, response) =>
        response.writeHead(200, { ...headers, 'content-length': packed.length }).end(packed),
      );
      expect(await read({ url, trustedOrigin: url, ...limits })).toBe(video);
      const raw = await download({ url, trustedOrigin: url, ...limits, unpack: false });
      expect(Buffer.concat(await Array.fromAsync(raw.stream))).toEqual(packed);
    },
  );

  it('tells a compression that breaks off from a transfer that does', async () => {
    const packed = gzipSync('video '.repeat(1_000));
    const half = packed.subarray(0, packed.length / 2);
    const headers = { 'content-encoding': 'gzip', 'content-length': half.length };
    const broken = await serve((_, response) => response.writeHead(200, headers).end(half));
    const cutOff = await serve((_, response) => {
      response.writeHead(200, { ...headers, 'content-length': packed.length });
      response.write(half, () => response.destroy());
    });
    const request = { trustedOrigin: broken.url, ...limits, maxBytes: 10_000 };
    expect(await failure(read({ ...request, url: broken.url }))).toMatchObject({
      name: 'EncodingError',
      message: 'its compression (gzip) cannot be undone',
    });
    expect(await failure(read({ ...request, url: cutOff.url }))).toMatchObject({
      name: 'TruncatedError',
      received: half.length,
      expected: packed.length,
    });
  });

  it.each([
    [200, {}],
    [203, {}],
    [206, { 'content-range': 'bytes 0-3/4' }],
  ])('takes a whole file with the status %d', async (status, headers) => {
    const { url } = await serve((_, response) => response.writeHead(status, headers).end('video'));
    expect(await read({ url, trustedOrigin: url, ...limits })).toBe('video');
  });

  it.each([
    [206, { 'content-range': 'bytes 0-3/9' }],
    [206, { 'content-range': 'bytes 1-3/4' }],
    [206, { 'content-range': 'bytes 0-3/*' }],
    [206, {}],
    [202, {}],
  ])('takes no part of one for it: %d %j', async (status, headers) => {
    const { url } = await serve((_, response) => response.writeHead(status, headers).end('video'));
    expect(await failure(read({ url, trustedOrigin: url, ...limits }))).toMatchObject({ status });
  });

  it('tells whether the answer says where the file ends', async () => {
    const endOf = async (head: string): Promise<boolean> => {
      const { url } = await serveTcp((socket) =>
        socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\n${head}`)),
      );
      const { stream, isDelimited } = await download({ url, trustedOrigin: url, ...limits });
      expect(Buffer.concat(await Array.fromAsync(stream)).toString()).toBe('video');
      return isDelimited;
    };
    expect(await endOf('content-length: 5\r\n\r\nvideo')).toBe(true);
    expect(await endOf('transfer-encoding: chunked\r\n\r\n5\r\nvideo\r\n0\r\n\r\n')).toBe(true);
    expect(await endOf('connection: close\r\n\r\nvideo')).toBe(false);
  });

  it.each(['/files/a.png?x=1', 'files/a.png?x=1', './files/a.png?x=1', '//HOST/files/a.png?x=1'])(
    'reads a link without a scheme or a host against the trusted origin: %s',
    async (link) => {
      const { url, received } = await serve((_, response) => response.end('video'));
      const request = { url: link.replace('HOST', new URL(url).host), trustedOrigin: url };
      expect(await read({ ...request, ...limits })).toBe('video');
      expect(received[0]?.url).toBe('/files/a.png?x=1');
    },
  );

  it('sends the query of a signed link byte for byte, also behind a redirect', async () => {
    const query =
      'st=2026-11-27T09%3A30%3A24Z&rsct=image/png&sig=Vcgw/ybHxYj%2BDtW~W(1)*!%3D&x=a+b%20c&e=';
    const { url, received } = await serve((request, response) =>
      request.url.startsWith('/to')
        ? response.writeHead(302, { location: `/from?${query}` }).end()
        : response.end('video'),
    );
    await read({ url: `${url}/to?${query}`, trustedOrigin: url, ...limits });
    expect(received.map((one) => one.url)).toEqual([`/to?${query}`, `/from?${query}`]);
  });

  it('sends the name and the password of a link to its origin alone, and shows them nowhere', async () => {
    const elsewhere = await serve((_, response) =>
      response.writeHead(401).end('no p@ss:word, cABzczp3b3Jk or p%40ss%3Aword'),
    );
    const home = await serve((request, response) =>
      response.writeHead(302, { location: request.url === '/a' ? '/b' : elsewhere.url }).end(),
    );
    const url = `${home.url.replace('//', '//tom:p%40ss%3Aword@')}/a`;
    const error = await failure(read({ url, trustedOrigin: home.url, ...limits }));
    const basic = `Basic ${Buffer.from('tom:p@ss:word').toString('base64')}`;
    expect(home.received.map((one) => one.headers.authorization)).toEqual([basic, basic]);
    expect(elsewhere.received[0]?.headers.authorization).toBeUndefined();
    expect(inspect(error)).not.toMatch(/tom|p@ss|p%40ss|dG9tOnB/);
  });

  it('gives cookies back to the host that set them, for the length of one download', async () => {
    const elsewhere = await serve((_, response) => response.end('video'));
    const home = await serve((request, response) => {
      if (request.headers.cookie === 'pass=1')
        return response
          .writeHead(302, { location: elsewhere.url.replace('127.0.0.1', 'localhost') })
          .end();
      return response.writeHead(302, { location: '/b', 'set-cookie': ['pass=1; Path=/'] }).end();
    });
    const request = { url: `${home.url}/a`, trustedOrigin: home.url, ...limits };
    expect(await read(request)).toBe('video');
    expect(await read(request)).toBe('video');
    expect(home.received.map((one) => one.headers.cookie)).toEqual([
      ...[undefined, 'pass=1'],
      ...[undefined, 'pass=1'],
    ]);
    expect(elsewhere.received[0]?.headers.cookie).toBeUndefined();
  });

  it('tells an expired link by its status', async () => {
    const { url } = await serve((_, response) => response.writeHead(403).end('expired'));
    const request = { url: `${url}/f?sig=abc`, trustedOrigin: url, ...limits };
    expect(await failure(download(request))).toMatchObject({
      name: 'HttpError',
      status: 403,
      body: 'expired',
      request: `GET ${url}/f`,
    });
  });
});

describe('isInsideAddress', () => {
  it.each([
    ['127.0.0.1', true],
    ['10.1.2.3', true],
    ['172.31.0.1', true],
    ['192.168.1.1', true],
    ['169.254.169.254', true],
    ['0.0.0.0', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['::ffff:8.8.8.8', false],
    ['fe80::1', true],
    ['fd00::1', true],
    ['64:ff9b::7f00:1', true],
    ['172.32.0.1', false],
    ['8.8.8.8', false],
    ['2606:4700::1111', false],
  ])('%s: %s', (address, inside) => expect(isInsideAddress(address)).toBe(inside));
});
