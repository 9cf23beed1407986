import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  readonly bytes: Buffer;
}

type Answer = (request: Received, response: http.ServerResponse) => void;

/** A real HTTP server that keeps what it received; closed with the test. */
export async function serve(answer: Answer): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const bytes = Buffer.concat(chunks);
      const one = { method, url, headers, body: bytes.toString('utf8'), bytes };
      received.push(one);
      answer(one, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as net.AddressInfo;
  return { url: `http://127.0.0.1:${port}`, received };
}

/** A bare TCP server, for answers that no HTTP server would give. */
export async function serveTcp(
  connected: (socket: net.Socket) => void,
): Promise<{ url: string; port: number; bytes: () => number }> {
  let bytes = 0;
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => (bytes += chunk.length));
    connected(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as net.AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, bytes: () => bytes };
}

export function json(response: http.ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Resolves with what a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('did not fail');
    },
    (error: unknown) => error,
  );
}

/** A TLS server with a certificate made for the occasion; `handshake` runs in the middle of one. */
export async function serveTls(
  handshake: () => void,
): Promise<{ url: string; bytes: () => number }> {
  let bytes = 0;
  const SNICallback = (_name: string, done: (error: null) => void): void => {
    handshake();
    setTimeout(() => done(null), 30);
  };
  const server = tls.createServer({ ...certificate(), SNICallback }, (socket) => {
    socket.on('error', () => undefined).on('data', (chunk) => (bytes += chunk.length));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as net.AddressInfo;
  return { url: `https://localhost:${port}/`, bytes: () => bytes };
}

/** A server that takes a connection and reads nothing of it until it is told to. */
export async function serveSlowReader(protocol: 'http' | 'https'): Promise<{
  url: string;
  /** Reads on. @returns all bytes that came on the wire, and `FIN` or the code of the error that ended them */
  readAll: () => Promise<{ bytes: number; end: string }>;
}> {
  const { promise: taken, resolve } = Promise.withResolvers<net.Socket>();
  const server = protocol === 'http' ? net.createServer() : tls.createServer(certificate());
  server.on('connection', (raw: net.Socket) => {
    raw.on('error', () => undefined);
    if (protocol === 'http') resolve(raw.pause());
  });
  server.on('secureConnection', (socket: tls.TLSSocket) => resolve(socket.pause()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as net.AddressInfo;
  return {
    url: `${protocol}://localhost:${port}/`,
    async readAll() {
      const socket = await taken;
      const { promise: end, resolve: ended } = Promise.withResolvers<string>();
      let bytes = 0;
      socket
        .on('data', (chunk) => (bytes += chunk.length))
        .on('error', (error) => ended('code' in error ? String(error.code) : error.message))
        .on('end', () => ended('FIN'))
        .resume();
      return { end: await end, bytes };
    },
  };
}

function certificate(): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'shotlist-'));
  const key = join(folder, 'key.pem');
  const cert = join(folder, 'cert.pem');
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', key, '-out', cert, '-subj', '/CN=localhost'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...files], { stdio: 'ignore' });
  try {
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
