import { setTimeout as sleep } from 'node:timers/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { BookOutput } from './book.ts';
import { sha256 } from './digest.ts';
import { encode } from './encoding.ts';
import type { Fault, Faults } from './faults.ts';
import type { SimulatorSettings } from './settings.ts';
import type { Env } from './world.ts';

export interface StoredFile {
  readonly type: string;
  /** Made on demand: most images of a large run are fetched once. */
  content(): Promise<Uint8Array>;
  /** Whether the file exists by now. */
  ready(): boolean;
  readonly output?: BookOutput;
}

/** Images and videos by name, served without a key like a vendor's CDN. */
export class Files {
  /** The simulator's address, set once it listens. */
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

  /** A URL that works from now on, for the time in the settings. */
  url(name: string): string {
    const { urlMs, clock } = this.#settings;
    const expires = urlMs > 0 ? `?expires=${clock.now() + urlMs}` : '';
    return `${this.origin}/files/${name}${expires}`;
  }

  /** Whether a URL is the simulator's own and its file exists. */
  knows(url: URL): boolean {
    return url.origin === this.origin && this.#files.has(nameIn(url));
  }

  /** A link to a new file with the same content as the given file of the simulator. */
  copy(link: string): string | undefined {
    const name = URL.canParse(link) ? nameIn(new URL(link)) : '';
    const file = this.#files.get(name);
    if (file === undefined) return undefined;
    const { type, content, ready } = file;
    this.add(`copy-${name}`, { type, content, ready });
    return this.url(`copy-${name}`);
  }

  async serve(context: Context<Env>): Promise<Response> {
    const file = this.#files.get(context.req.param('name') ?? '');
    if (file === undefined || !file.ready()) return context.text('no such file', 404);
    const request = { method: 'GET', path: context.req.path, call: 'download' } as const;
    for (const { ms } of this.#faults.draw('delay', request)) await sleep(ms ?? 1_000);
    const { type, output } = file;
    const [fault] = this.#faults.draw('download', request, (each) => applies(each, type));
    const expires = Number(context.req.query('expires') ?? 0);
    const expired = this.#settings.urlMs > 0 && this.#settings.clock.now() >= expires;
    if (expired || fault?.kind === 'url-expired') return context.text('Request has expired', 403);
    const bytes = await file.content();
    const sent = fault === undefined ? bytes : (changed(fault, bytes) ?? null);
    if (sent === null) return spoil(context, fault as Fault, type, bytes);
    if (output !== undefined) {
      const damaged = fault?.kind === 'download-damaged';
      // Damaged bytes count only until whole ones are served.
      if (output.sha256 === null || (output.damaged && !damaged))
        Object.assign(output, { sha256: sha256(sent), damaged });
    }
    const encoding = fault?.kind === 'download-compressed' ? (fault.encoding ?? 'gzip') : undefined;
    const body = encoding === undefined ? new Uint8Array(sent) : encode(sent, encoding);
    return context.body(body, 200, {
      'content-type': type,
      'content-length': String(body.byteLength),
      ...(encoding !== undefined && { 'content-encoding': encoding }),
    });
  }
}

function nameIn(url: URL): string {
  return url.pathname.replace(/^\/files\//, '');
}

/** Only a JPEG can lose its end marker, and only an SVG can have a comment in front. */
function applies({ kind }: Fault, type: string): boolean {
  if (kind === 'download-damaged') return type === 'image/jpeg';
  return kind !== 'download-prologue' || type === 'image/svg+xml';
}

const prologue = `<!-- ${'drawn by a generator that has much to say of itself. '.repeat(40)}-->\n`;

/** The bytes sent as a whole file. Undefined when the fault sends none. */
function changed({ kind }: Fault, bytes: Uint8Array): Uint8Array | undefined {
  if (kind === 'download-compressed') return bytes;
  if (kind === 'download-damaged') return bytes.subarray(0, -2);
  if (kind === 'download-prologue') return Buffer.concat([Buffer.from(prologue), bytes]);
  return undefined;
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
      return context.body('these bytes are no image', 200, { 'content-type': type });
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
