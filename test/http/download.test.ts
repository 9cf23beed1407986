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
  it('streams the file and gives the key to the trusted origin only', async () => {
    const elsewhere = await serve((_, response) => response.end('film'));
    const home = await serve((_, response) =>
      response.writeHead(302, { location: `${elsewhere.url}/file?sig=1` }).end(),
    );
    const headersForTrustedOrigin = { authorization: 'Bearer secret' };
    const request = { url: `${home.url}/f`, trustedOrigin: home.url, headersForTrustedOrigin };
    expect(await read({ ...request, ...limits })).toBe('film');
    expect(home.received[0]?.headers.authorization).toBe('Bearer secret');
    expect(elsewhere.received[0]?.headers.authorization).toBeUndefined();
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
