import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import type { Book } from './book.ts';
import { faultOfFault } from './faults.ts';
import { gptimage2api } from './gptimage2api/index.ts';
import { misbehave } from './misbehave.ts';
import { photogpt } from './photogpt/index.ts';
import { productai } from './productai/index.ts';
import { noteRefusal } from './refusals.ts';
import { type SimulatorSettings, defaultSettings, patchSettings } from './settings.ts';
import { wonda } from './wonda/index.ts';
import { type Env, type Vendor, type World, createWorld } from './world.ts';

const vendors: readonly Vendor[] = [photogpt, productai, gptimage2api, wonda];

export interface Simulator {
  /** `http://127.0.0.1:7411` */
  readonly url: string;
  /** The base URL to set, by vendor. */
  readonly baseUrls: Readonly<Record<string, string>>;
  readonly book: Book;
  /** Live: a change applies from the next request on. */
  readonly settings: SimulatorSettings;
  /** Cuts open connections and stops listening. */
  close(): Promise<void>;
}

/** Serves every simulated vendor on one port. */
export async function startSimulator(
  settings: Partial<SimulatorSettings> = {},
): Promise<Simulator> {
  const live = { ...freshDefaults(), ...settings };
  const world = createWorld(live);
  const server = createAdaptorServer({ fetch: createApp(world).fetch }) as Server;
  await listen(server, live);
  const { port } = server.address() as AddressInfo;
  const reachable = live.host === '0.0.0.0' ? '127.0.0.1' : live.host;
  const url = live.publicUrl ?? `http://${reachable}:${port}`;
  world.files.origin = url;
  let down: NodeJS.Timeout | undefined;
  world.outage = (ms) => {
    clearTimeout(down);
    server.close();
    server.closeAllConnections();
    down = setTimeout(() => server.listen(port, live.host), ms);
  };
  return {
    url,
    baseUrls: Object.fromEntries(vendors.map(({ id }) => [id, `${url}/${id}`])),
    book: world.book,
    settings: live,
    close: () =>
      new Promise((resolve) => {
        clearTimeout(down);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function freshDefaults(): SimulatorSettings {
  const { clock, ...plain } = defaultSettings;
  return { ...structuredClone(plain), clock };
}

function createApp(world: World): Hono<Env> {
  const app = new Hono<Env>();
  app.use(async (context, next) => {
    await next();
    const { method, path } = context.req;
    const isCut = context.res === RESPONSE_ALREADY_SENT;
    if (!isCut) await noteRefusal(world, context);
    const sent = isCut ? 'cut' : context.res.status;
    if (!path.startsWith('/_simulator/')) world.book.count(`${method} ${pattern(path)} ${sent}`);
    // Node's own header would show the real time.
    if (!isCut && world.settings.clockAheadMs !== 0)
      context.header('date', new Date(world.vendorNow()).toUTCString());
  });
  const faultless = new Hono<Env>();
  for (const vendor of vendors) {
    const routes = vendor.routes(world);
    faultless.route(`/${vendor.id}`, routes);
    app.use(`/${vendor.id}/*`, misbehave(world, vendor, faultless.fetch));
    app.route(`/${vendor.id}`, routes);
    app.all(`/${vendor.id}/*`, (context) =>
      context.json(vendor.problem(404, 'no such route', { path: context.req.path }), 404),
    );
  }
  app.get('/files/:name', (context) => world.files.serve(context));
  addAdminRoutes(app, world);
  return app;
}

function addAdminRoutes(app: Hono<Env>, world: World): void {
  app.get('/_simulator/health', (context) =>
    context.json({ status: 'ok', vendors: vendors.map(({ id }) => id) }),
  );
  app.get('/_simulator/book', (context) => context.json(world.book));
  app.post('/_simulator/settings', async (context) => {
    const patch = await context.req.json<Record<string, unknown>>().catch(() => null);
    if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) {
      return context.json({ error: 'send a JSON object with the settings to change' }, 400);
    }
    const faults: unknown[] = Array.isArray(patch['faults']) ? patch['faults'] : [];
    const wrong =
      faults.map(faultOfFault).find((words) => words !== undefined) ??
      patchSettings(world.settings, patch);
    if (wrong !== undefined) return context.json({ error: wrong }, 400);
    return context.json({ ...world.settings, clock: undefined });
  });
}

/** A path with its ids replaced, so that requests can be counted by route. */
function pattern(path: string): string {
  return path
    .replace(/^\/files\/[^/.]+/, '/files/:id')
    .replaceAll(
      /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|tsk_[0-9A-Z]{26}|(?:job|asset)_[0-9a-f]+|(?<=\/job\/)\d+/g,
      ':id',
    );
}

function listen(server: Server, { host, port }: SimulatorSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`port ${port} is in use: stop what listens there, or choose another port`)
          : error,
      );
    });
    server.listen(port, host, resolve);
  });
}
