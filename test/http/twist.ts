import { serve, type Received } from './server.ts';

/** An answer on its way; `body` is parsed where it is JSON. */
interface PassingAnswer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
  /** What the request itself sent. */
  readonly sent: string;
}

/** Undefined lets the answer pass as it is. */
export type Twist = (answer: PassingAnswer) => { status?: number; body: unknown } | undefined;

/**
 * A real server before another one, which changes its answers. Links to the server behind it lead through it
 * as well, so that both are one origin.
 */
export async function twistAnswers(
  target: string,
  twist: Twist,
): Promise<{ url: string; received: Received[] }> {
  const { origin } = new URL(target);
  const front = await serve(({ method, url, headers, body, bytes: sent }, response) => {
    const own = `http://${headers.host}`;
    const pass = async (): Promise<void> => {
      const kept = Object.entries(headers).filter(
        ([name]) => !['host', 'connection', 'content-length', 'transfer-encoding'].includes(name),
      );
      const answered = await fetch(`${origin}${url}`, {
        method,
        headers: kept as [string, string][],
        ...(sent.length > 0 && { body: new Uint8Array(sent) }),
      });
      const answer = Buffer.from(await answered.arrayBuffer());
      const type = answered.headers.get('content-type') ?? '';
      if (!type.includes('json')) {
        response.writeHead(answered.status, { 'content-type': type }).end(answer);
        return;
      }
      const parsed: unknown = JSON.parse(answer.toString().replaceAll(origin, own));
      const { status } = answered;
      const changed = twist({ method, path: url, status, body: parsed, sent: body });
      response
        .writeHead(changed?.status ?? status, { 'content-type': 'application/json' })
        .end(JSON.stringify(changed ? changed.body : parsed));
    };
    pass().catch(() => response.destroy());
  });
  return { url: `${front.url}${new URL(target).pathname}`, received: front.received };
}
