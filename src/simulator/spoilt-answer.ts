import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import { applies, findEntries, spoilEntries } from './entries.ts';
import type { Fault, Struck } from './faults.ts';
import type { Job } from './jobs.ts';
import { rewriteNumbers, timeFields } from './numbers.ts';
import type { Env, World } from './world.ts';

/** Applies faults to lists and numbers of a good answer. The book records files that are left out. */
export async function spoilAnswer(
  world: World,
  context: Context<Env>,
  request: Struck,
): Promise<void> {
  const { res } = context;
  if (res === RESPONSE_ALREADY_SENT || !res.ok) return;
  if (!(res.headers.get('content-type') ?? '').includes('json')) return;
  const whole = await res.clone().text();
  let body: unknown = JSON.parse(whole);
  const job = request.call === 'check-job' ? world.jobs.byId(lastOf(request.path)) : undefined;
  if (job) showItsFiles(world, job, body);
  spoilList(world, body, request);
  if (job) noteWithheld(job, whole, JSON.stringify(body));
  body = rewrite(world, body, request);
  const spoilt = JSON.stringify(body);
  if (spoilt === whole) return;
  const { status, headers } = res;
  context.res = undefined;
  context.res = new Response(spoilt, { status, headers });
}

/** Applies a job's permanent fault: one file too few, but at least one, or one too many. */
function showItsFiles(world: World, job: Job, body: unknown): void {
  const place = job.shows === 'all' ? undefined : findEntries(body);
  if (!place) return;
  const { entries, put } = place;
  if (job.shows === 'fewer') put(entries.slice(0, Math.max(1, entries.length - 1)));
  else put(spoilEntries(entries, { kind: 'entries-more' }, copyIn(world)));
}

function spoilList(world: World, body: unknown, request: Struck): void {
  const place = findEntries(body);
  if (!place) return;
  let { entries } = place;
  const struck = world.faults.draw('entries', request, (fault) => applies(fault, entries));
  for (const fault of struck) entries = spoilEntries(entries, fault, copyIn(world));
  place.put(entries);
}

const copyIn =
  ({ files }: World) =>
  (link: string): string | undefined =>
    files.copy(link);

function noteWithheld({ entry }: Job, whole: string, spoilt: string): void {
  for (const output of entry.outputs)
    if (whole.includes(output.id) && !spoilt.includes(output.id)) output.withheld = true;
}

function rewrite(world: World, body: unknown, request: Struck): unknown {
  const written = (all: unknown, { field = timeFields, form = 'fraction' }: Fault): unknown =>
    rewriteNumbers(all, new RegExp(field), form);
  const struck = world.faults.draw(
    'numbers',
    request,
    (fault) => written(body, fault) !== undefined,
  );
  return struck.reduce((all, fault) => written(all, fault) ?? all, body);
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
