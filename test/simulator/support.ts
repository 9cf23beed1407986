import { afterEach } from 'vitest';
import {
  type Simulator,
  type SimulatorSettings,
  startSimulator,
} from '../../src/simulator/index.ts';

const started: Simulator[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((simulator) => simulator.close()));
});

export interface Answer {
  status: number;
  headers: Headers;
  body: any;
}

/** A simulator whose clock stands still until it is moved, and a client of it. */
export async function open(settings: Partial<SimulatorSettings> = {}, vendor = 'photogpt') {
  const time = { at: Date.UTC(2026, 0, 1) };
  const simulator = await startSimulator({
    port: 0,
    jitter: 0,
    images: 'small',
    clock: { now: () => time.at },
    ...settings,
  });
  started.push(simulator);
  const base = simulator.baseUrls[vendor] ?? '';
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: {
        authorization: 'Bearer demo',
        'api-version': '1',
        ...(body === undefined || body instanceof FormData
          ? {}
          : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : body instanceof FormData ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(3_000),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json') === true;
    return {
      status: response.status,
      headers: response.headers,
      body: json ? JSON.parse(text) : text,
    };
  };
  return {
    simulator,
    base,
    get: (path: string, headers?: Record<string, string>) => call('GET', path, undefined, headers),
    post: (path: string, body: unknown, headers?: Record<string, string>) =>
      call('POST', path, body, headers),
    remove: (path: string) => call('DELETE', path),
    pass: (ms: number): void => {
      time.at += ms;
    },
  };
}

export type Client = Awaited<ReturnType<typeof open>>;

export const bottle = { modelID: 'nanobanana', prompt: 'a bottle' };

/** Orders, waits, and gives the job as it ended. */
export async function finish(client: Client, path = '/images/generation', body: unknown = bottle) {
  const ordered = await client.post(path, body);
  if (ordered.status !== 200) throw new Error(JSON.stringify(ordered.body));
  client.pass(10_000);
  return (await client.get(`/jobs/${ordered.body.result.jobId}`)).body.result;
}

export async function download(url: string): Promise<Buffer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return Buffer.from(await response.arrayBuffer());
}

const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** The body of an upload; `mark` makes its bytes another file's. */
export function uploadForm(
  modelID: string,
  type = 'modelInput',
  mark = '',
  content = pixel,
): FormData {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(content), mark]), 'image.png');
  form.append('data', JSON.stringify({ modelID, type }));
  return form;
}

/** A model with that many training images, not yet trained. */
export async function untrained(client: Client, images: number): Promise<string> {
  const made = await client.post('/models', { name: 'Anna', age: 29, gender: 'Female' });
  const id: string = made.body.result.id;
  for (let index = 0; index < images; index += 1) {
    await client.post('/images/upload', uploadForm(id, 'modelInput', String(index)));
  }
  return id;
}
