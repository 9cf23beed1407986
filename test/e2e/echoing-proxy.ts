import http from 'node:http';
import type net from 'node:net';
import { once } from 'node:events';

export interface Proxy extends AsyncDisposable {
  readonly url: string;
  /** Requests that went where no request should go. */
  readonly strayed: string[];
  /** Values of key headers that came by, as proof that there was something to leak. */
  readonly seen: Set<string>;
  /** From now on every request is refused as one with a wrong key, in words that hold the key. */
  refuseKeys: boolean;
}

const secrets = ['authorization', 'x-api-key'];

/**
 * Stands before a simulator and puts keys at risk: it repeats them in headers and bodies of every answer,
 * and by turns refuses, breaks or redirects the requests of each vendor.
 */
export async function openEchoingProxy(target: string): Promise<Proxy> {
  const strayed: string[] = [];
  const seen = new Set<string>();
  const turns = new Map<string, number>();
  const servers: http.Server[] = [];
  const listen = async (handler: http.RequestListener): Promise<string> => {
    const server = http.createServer(handler);
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  };
  const elsewhere = await listen((request, response) => {
    strayed.push(JSON.stringify([request.url, request.headers]));
    response.end('{}');
  });
  const turnOf = (kind: string): number => {
    const turn = (turns.get(kind) ?? 0) + 1;
    turns.set(kind, turn);
    return turn;
  };

  const url = await listen((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => void answer(request, Buffer.concat(chunks), response));
  });

  async function answer(
    request: http.IncomingMessage,
    body: Buffer,
    response: http.ServerResponse,
  ): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    const said = secrets.flatMap((name) => [headers[name]].flat()).join(' ');
    if (said !== '') for (const word of said.trim().split(' ')) seen.add(word);
    const echo = { 'x-your-key': said, 'content-type': 'application/json' };
    const [, vendor = ''] = path.split('/');
    const message = `you sent ${said}, in Base64 ${Buffer.from(said).toString('base64')}, in a link ${encodeURIComponent(said)}`;
    const problem = JSON.stringify({ error: { message, code: said }, message, detail: message });
    if (proxy.refuseKeys && said !== '') return void response.writeHead(401, echo).end(problem);
    const isPaid = method === 'POST' && /generat/.test(path);
    const isPoll = method === 'GET' && /jobs\/|tasks\//.test(path);
    const turn = isPaid || isPoll ? turnOf(`${vendor} ${method}`) : 0;
    if (isPaid && turn === 2) return void response.writeHead(400, echo).end(problem);
    if (isPoll && turn === 1) return void response.writeHead(500, echo).end(problem);
    if (isPoll && turn === 2)
      return void response
        .writeHead(307, { ...echo, location: `${elsewhere}/stolen` })
        .end(problem);
    if (isPoll && turn === 3)
      return void response
        .writeHead(500, { ...echo, 'content-type': 'text/html' })
        .end(`<title>${message}</title>`);
    const sent = { ...headers, host: new URL(target).host, connection: 'close' };
    const neverBackwards = http.request(`${target}${path}`, { method, headers: sent }, (given) => {
      const parts: Buffer[] = [];
      given.on('data', (part: Buffer) => parts.push(part));
      given.on('end', () => {
        const whole = Buffer.concat(parts);
        const outgoing = { ...given.headers, ...(said !== '' && { 'x-your-key': said }) };
        delete outgoing['content-length'];
        delete outgoing['transfer-encoding'];
        response.writeHead(given.statusCode ?? 500, outgoing).end(indiscreet(whole, message));
      });
    });
    neverBackwards.on('error', () => response.destroy()).end(body);
  }

  const proxy: Proxy = {
    url,
    strayed,
    seen,
    refuseKeys: false,
    async [Symbol.asyncDispose]() {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      }
    },
  };
  return proxy;
}

/** An object gets a field with the key in it, a failed job its reason. */
function indiscreet(body: Buffer, message: string): Buffer {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return body;
    const text = JSON.stringify({ ...value, debug: message });
    const said = JSON.stringify(message).slice(1, -1);
    const reasons =
      /Generation failed|The upstream returned no result|The image could not be made/g;
    return Buffer.from(text.replace(reasons, () => said));
  } catch {
    return body;
  }
}
