import dns from 'node:dns';
import net from 'node:net';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { mediaOnly } from '../../src/activities/outputs/media-only.ts';
import { dataOf } from '../../src/activities/outputs/data-url.ts';
import { isInsideAddress, outsideLookup } from '../../src/http/address.ts';
import { download, type DownloadRequest } from '../../src/http/download.ts';
import { failure, serve, serveTcp } from '../http/server.ts';

afterEach(() => vi.restoreAllMocks());

const limits = { maxBytes: 100_000, timeoutMs: 3_000, idleTimeoutMs: 1_000 };
const vendor = 'https://8.8.8.8';

async function read(request: Partial<DownloadRequest> & { url: string }): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const { stream } = await download({
    trustedOrigin: new URL(request.url).origin,
    ...limits,
    ...request,
  });
  for await (const chunk of mediaOnly(stream)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Lets a name lead out of this network, as far as anything but the socket can tell. */
function publicName(name: string): void {
  const connect = net.connect.bind(net) as (options: net.TcpNetConnectOpts) => net.Socket;
  vi.spyOn(net, 'connect').mockImplementation(((options: net.TcpNetConnectOpts) =>
    options.host === name
      ? connect({ port: options.port, host: '127.0.0.1' })
      : connect(options)) as typeof net.connect);
}

describe('the address of a file', () => {
  it.each([
    'file:///etc/passwd',
    'ftp://8.8.8.8/x.png',
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'blob:https://8.8.8.8/1',
    'gopher://8.8.8.8/',
    'ws://8.8.8.8/',
    'https://',
    '',
  ])('may not be %j', async (url) => {
    const request = { url, trustedOrigin: vendor, ...limits };
    expect(await failure(download(request))).toMatchObject({ name: 'UnsafeUrlError' });
  });

  it.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '0',
    '10.0.0.8',
    '172.16.9.9',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '[::]',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::ffff:a9fe:a9fe]',
    '[::ffff:0:127.0.0.1]',
    '[::127.0.0.1]',
    '[64:ff9b::10.0.0.1]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '[fd12:3456::1]',
    'localhost',
    '①②⑦.0.0.1',
    '127。0。0。1',
  ])('may not lead inside: %s', async (host) => {
    for (const scheme of ['http', 'https']) {
      const request = { url: `${scheme}://${host}:9/x`, trustedOrigin: vendor, ...limits };
      expect(await failure(download(request))).toMatchObject({
        name: 'UnsafeUrlError',
        reason: 'an address inside this network',
      });
    }
  });

  it('is looked up once: the one that was checked is the one that is connected', async () => {
    const { url, received } = await serve((_, response) => response.end('inside'));
    const answers = [['8.8.8.8'], ['127.0.0.1']];
    const lookup = vi.spyOn(dns, 'lookup').mockImplementation(((
      _name: string,
      _options: unknown,
      done: (error: null, found: dns.LookupAddress[]) => void,
    ) => {
      const found = answers.shift() ?? [];
      done(
        null,
        found.map((address) => ({ address, family: 4 })),
      );
    }) as never);
    const found = await new Promise((resolve) =>
      outsideLookup('rebind.test', { all: true }, (_error, addresses) => resolve(addresses)),
    );
    expect(found).toEqual([{ address: '8.8.8.8', family: 4 }]);
    expect(lookup).toHaveBeenCalledTimes(1);
    const rebound = url.replace('127.0.0.1', 'rebind.test');
    const request = { url: rebound, trustedOrigin: vendor, ...limits };
    expect(await failure(download(request))).toMatchObject({ name: 'UnsafeUrlError' });
    expect(received).toHaveLength(0);
  });

  it('may not have an inside address beside an outside one', async () => {
    vi.spyOn(dns, 'lookup').mockImplementation(((
      _name: string,
      _options: unknown,
      done: (error: null, found: dns.LookupAddress[]) => void,
    ) =>
      done(null, [
        { address: '8.8.8.8', family: 4 },
        { address: '10.0.0.1', family: 4 },
      ])) as never);
    const request = { url: 'http://both.test/', trustedOrigin: vendor, ...limits };
    expect(await failure(download(request))).toMatchObject({ name: 'UnsafeUrlError' });
  });

  it.each(['http://127.0.0.1:PORT/', 'http://localhost:PORT/', 'file:///etc/passwd', 'http://['])(
    'may not be left by a redirect to %s',
    async (place) => {
      const inside = await serve((_, response) => response.end('secret'));
      const target = place.replace('PORT', new URL(inside.url).port);
      const outside = await serve((_, response) =>
        response.writeHead(302, { location: target }).end(),
      );
      publicName('public.test');
      const url = `http://public.test:${new URL(outside.url).port}/`;
      const error = await failure(download({ url, trustedOrigin: vendor, ...limits }));
      expect(error).toMatchObject({ name: 'UnsafeUrlError' });
      expect(outside.received).toHaveLength(1);
      expect(inside.received).toHaveLength(0);
    },
  );

  it('takes no credentials but those in its own redirect', async () => {
    const other = await serve((_, response) => response.end('GIF89a'));
    const home = await serve((_, response) =>
      response.writeHead(307, { location: other.url.replace('//', '//user:word@') }).end(),
    );
    await read({ url: home.url });
    expect(home.received[0]?.headers.authorization).toBeUndefined();
    expect(other.received[0]?.headers.authorization).toBe(`Basic ${btoa('user:word')}`);
    expect(JSON.stringify(other.received)).not.toMatch(/cookie/);
  });

  it.each(['//169.254.169.254/x', '//localhost/x', '//[::1]/x'])(
    'may not lead inside without a scheme either: %s',
    async (url) => {
      const request = { url, trustedOrigin: vendor, ...limits };
      expect(await failure(download(request))).toMatchObject({
        reason: 'an address inside this network',
      });
    },
  );

  it('is not in the message with its query', async () => {
    const error = await failure(
      download({ url: 'http://127.0.0.1/a?sig=secret', trustedOrigin: vendor, ...limits }),
    );
    expect(String(error)).not.toContain('secret');
  });

  it('is inside where any form of address hides one', () => {
    expect(isInsideAddress('::ffff:10.0.0.1')).toBe(true);
    expect(isInsideAddress('2606:4700::1111')).toBe(false);
    expect(isInsideAddress('not an address')).toBe(false);
  });
});

describe('a file that is fetched', () => {
  const answerOf = (rest: string, then?: (socket: net.Socket) => void) =>
    serveTcp((socket) =>
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n${rest}`, () => then?.(socket))),
    );

  it('ends when it is larger than allowed, however long it says that it is', async () => {
    const huge = await answerOf('content-length: 99999999999999\r\n\r\n');
    expect(await failure(read({ url: huge.url }))).toMatchObject({ name: 'TooLargeError' });
    const odd = await answerOf('content-length: -5\r\n\r\nGIF89a');
    expect(await failure(read({ url: odd.url }))).toBeInstanceOf(Error);
    const endless = await serve((_, response) => {
      response.write('GIF89a');
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    expect(await failure(read({ url: endless.url }))).toMatchObject({ name: 'TooLargeError' });
  });

  it('ends at its time limit when it drips in, in its head or in its body', async () => {
    const drip = (socket: net.Socket): void => {
      const timer = setInterval(
        () => (socket.destroyed ? clearInterval(timer) : socket.write('a')),
        20,
      );
    };
    const body = await answerOf('content-length: 90000\r\n\r\nGIF89a', drip);
    const head = await answerOf('x-', drip);
    for (const { url } of [body, head])
      expect(await failure(read({ url, timeoutMs: 300 }))).toMatchObject({
        name: 'TimeoutError',
        timeoutMs: 300,
      });
  });

  it('may not have a flood of headers', async () => {
    const flood = await answerOf(`${'x-a: b\r\n'.repeat(10_000)}\r\nGIF89a`);
    expect(await failure(read({ url: flood.url }))).toMatchObject({ name: 'NetworkError' });
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['gzip, gzip', (bytes: Buffer) => gzipSync(gzipSync(bytes))],
  ] as const)('is unpacked up to its limit and no further: %s', async (encoding, pack) => {
    const bomb = pack(Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(30_000_000)]));
    const { url } = await serve((_, response) =>
      response
        .writeHead(200, { 'content-encoding': encoding, 'content-type': 'image/gif' })
        .end(bomb),
    );
    const before = process.memoryUsage.rss();
    expect(await failure(read({ url }))).toMatchObject({ name: 'TooLargeError' });
    expect(process.memoryUsage.rss() - before).toBeLessThan(60_000_000);
  });

  it('is known by its bytes, not by its header', async () => {
    const page = await serve((_, response) =>
      response.writeHead(200, { 'content-type': 'image/png' }).end('<!doctype html><p>sorry'),
    );
    expect(await failure(read({ url: page.url }))).toMatchObject({ name: 'NotMediaError' });
    const image = await serve((_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('GIF89a'),
    );
    expect(await read({ url: image.url })).toEqual(Buffer.from('GIF89a'));
  });
});

describe('a data URL', () => {
  it('holds what it says, or is refused', () => {
    expect(dataOf('data:text/plain;base64,aGk=').bytes.toString()).toBe('hi');
    expect(dataOf('data:text/html,<script>').mime).toBe('text/html');
    for (const broken of ['data:', 'data:text/plain', 'data:text/plain,%zz'])
      expect(() => dataOf(broken)).toThrow(Error);
  });
});
