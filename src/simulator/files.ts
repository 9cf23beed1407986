import { setTimeout as sleep } from 'node:timers/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { BookOutput } from './book.ts';
import { sha256 } from './digest.ts';
import type { Fault, Faults } from './faults.ts';
import type { SimulatorSettings } from './settings.ts';
import type { Env } from './world.ts';

export interface StoredFile {
  readonly type: string;
  /** Made when it is asked for: most pictures of a large run are asked for once. */
  content(): Promise<Uint8Array>;
  /** Whether the file is there by now. */
  ready(): boolean;
  readonly output?: BookOutput;
}

/** Pictures and films by name, served without a key as a vendor's CDN does. */
export class Files {
  /** Where the simulator listens; known once it does. */
  origin = '';
  readonly #settings: SimulatorSettings;
  readonly #faults: Faults;
  readonly #files = new Map<string, StoredFile>();

  constructor(settings: SimulatorSettings, faults: Faults) {
    this.#settings = settings;
    this.#faults = faults;
  }

  add(name: string, file: StoredFile): void {
    this.#files.set(name, file);
  }

  remove(name: string): void {
    this.#files.delete(name);
  }

  /** A URL that works from now on, for as long as the settings say. */
  url(name: string): string {
    const { urlMs, clock } = this.#settings;
    const expires = urlMs > 0 ? `?expires=${clock.now() + urlMs}` : '';
    return `${this.origin}/files/${name}${expires}`;
  }

  /** Whether a URL is one of ours, and of a file that exists. */
  knows(url: URL): boolean {
    return url.origin === this.origin && this.#files.has(url.pathname.replace(/^\/files\//, ''));
  }

  async serve(context: Context<Env>): Promise<Response> {
    const file = this.#files.get(context.req.param('name') ?? '');
    if (file === undefined || !file.ready()) return context.text('no such file', 404);
    const { path } = context.req;
    for (const { ms } of this.#faults.draw('delay', 'GET', path)) await sleep(ms ?? 1_000);
    const [fault] = this.#faults.draw('download', 'GET', path);
    const expires = Number(context.req.query('expires') ?? 0);
    const expired = this.#settings.urlMs > 0 && this.#settings.clock.now() >= expires;
    if (expired || fault?.kind === 'url-expired') return context.text('Request has expired', 403);
    const bytes = await file.content();
    if (fault !== undefined) return spoil(context, fault, file.type, bytes);
    if (file.output !== undefined) file.output.sha256 ??= sha256(bytes);
    return context.body(new Uint8Array(bytes), 200, {
      'content-type': file.type,
      'content-length': String(bytes.byteLength),
    });
  }
}

function spoil(context: Context<Env>, fault: Fault, type: string, bytes: Uint8Array): Response {
  switch (fault.kind) {
    case 'download-error':
      return context.text('upstream error', (fault.status ?? 500) as ContentfulStatusCode);
    case 'download-forbidden':
      return context.text('Access Denied', 403);
    case 'download-html':
      return context.html('<html><body><h1>Just a moment...</h1></body></html>');
    case 'download-wrong-bytes':
      return context.body('these bytes are no picture', 200, { 'content-type': type });
    case 'download-short':
      return context.body(new Uint8Array(bytes.subarray(0, bytes.length / 2)), 200, {
        'content-type': type,
      });
    default: {
      const { outgoing } = context.env;
      outgoing.writeHead(200, { 'content-type': type, 'content-length': bytes.byteLength });
      outgoing.write(bytes.subarray(0, bytes.length / 2), () => outgoing.destroy());
      return RESPONSE_ALREADY_SENT;
    }
  }
}
