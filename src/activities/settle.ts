import type { ShotRequest } from '../batch/request.ts';
import type { Due } from '../ledger/port.ts';
import type { JobDescription, ListedJob } from '../providers/port.ts';
import { jobTimes } from './claim-and-start.ts';
import type { AccountAccess, ActivityDependencies } from './dependencies.ts';

/** How far the vendor's clock may be from ours. */
const clockSlackMs = 60_000;

/**
 * Finds out whether a request without a usable answer made a job. Adopts only the one job that fits, calls
 * it absent only when the vendor's list shows none, and else leaves it to a person.
 * @returns whether it is settled; false asks to look again a little later
 */
export async function settle(
  deps: ActivityDependencies,
  access: AccountAccess,
  unclear: Due['ambiguous'][number],
): Promise<boolean> {
  const { submissions } = deps.ledger;
  const { provider } = access;
  const { submission } = unclear;
  if (deps.now() < unclear.deadlineAt + access.timeouts.postMs) return false;
  if (!provider.listJobs) {
    await submissions.park(submission, 'no answer came, and the vendor does not list its jobs');
    return true;
  }
  const until = unclear.deadlineAt + clockSlackMs;
  const listed = await provider.listJobs(unclear.claimedAt - clockSlackMs, until);
  const known = await submissions.knownJobs(
    access.key,
    listed.map(({ id }) => id),
  );
  const strangers = listed.filter(({ id }) => !known.has(id));
  const source = await remoteSource(deps, unclear.request);
  const candidates: Candidate[] = [];
  for (const job of strangers) {
    const told = (await provider.describe?.(job.job).catch(() => undefined)) ?? {};
    const fit = fitOf(unclear.request, told, source);
    if (fit !== 'other') candidates.push({ job, fit });
  }
  return await decide(deps, access, unclear, candidates);
}

interface Candidate {
  readonly job: ListedJob;
  readonly fit: 'same' | 'untold';
}

async function decide(
  deps: ActivityDependencies,
  access: AccountAccess,
  unclear: Due['ambiguous'][number],
  candidates: readonly Candidate[],
): Promise<boolean> {
  const { submissions } = deps.ledger;
  const { submission, rivals, request } = unclear;
  const [first] = candidates;
  if (!first) return await submissions.absent(submission);
  const same = candidates.filter(({ fit }) => fit === 'same');
  const only = rivals === 0 && candidates.length === 1 ? first : undefined;
  // As many equal jobs as equal requests that wait for one: any of them is the right picture.
  const told = same.length > 0 && same.length <= rivals + 1 ? same[0] : undefined;
  const chosen = only ?? told;
  if (chosen) {
    const { job, id } = chosen.job;
    return await submissions.adopt(submission, job, id, jobTimes(deps, access, request));
  }
  // A job that still runs may tell more when it is done.
  const patienceMs = jobTimes(deps, access, request).giveUpInMs;
  const untold = candidates.some(({ fit }) => fit === 'untold');
  if (untold && access.provider.describe && deps.now() < unclear.deadlineAt + patienceMs)
    return false;
  await submissions.park(submission, `no answer came, and ${candidates.length} jobs may be it`);
  return true;
}

/** The vendor's id of the one output that the request reads. */
async function remoteSource(
  { ledger }: ActivityDependencies,
  request: ShotRequest,
): Promise<string | undefined> {
  const [reference, ...others] = request.references;
  if (reference?.kind !== 'output' || others.length > 0) return undefined;
  const output = await ledger.remotes.output(reference.submission, reference.index);
  return typeof output?.remote === 'string' ? output.remote : undefined;
}

/** Whether what the vendor reveals of a job speaks for or against this request. */
function fitOf(
  request: ShotRequest,
  told: JobDescription,
  source: string | undefined,
): 'same' | 'other' | 'untold' {
  if (told.operation === 'train') return 'other';
  const hasPrompt = request.prompt !== undefined;
  if (told.operation === 'upscale' && hasPrompt) return 'other';
  if (told.source !== undefined && source !== undefined)
    return told.source === source ? 'same' : 'other';
  if (told.prompt === undefined) return 'untold';
  if (!hasPrompt || told.prompt.trim() !== request.prompt?.trim()) return 'other';
  // Another spelling of the model is no proof: vendors rename them, and trained ones go by other ids.
  const modelled = told.model === undefined || told.model === request.model;
  return modelled || request.choice.kind !== 'public' ? 'same' : 'untold';
}
