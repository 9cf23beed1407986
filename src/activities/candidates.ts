import { originOf } from '../batch/ids.ts';
import type { ShotRequest } from '../batch/request.ts';
import { serverAheadMs } from '../http/server-clock.ts';
import type { Ledger, RemoteLedger, Witness } from '../ledger/port.ts';
import type { JobDescription, ListedJob, Provider } from '../providers/port.ts';

/** How far the vendor's clock may be from ours. */
const clockSlackMs = 60_000;

/** A job at the vendor that may be what a request without an answer has made. */
export interface Candidate {
  readonly job: ListedJob;
  readonly told: JobDescription;
  readonly fit: 'same' | 'untold';
}

export interface Sighting {
  /** Jobs of the time when the request was on its way that no submission has, and that may be its own. */
  readonly candidates: readonly Candidate[];
  /** Witnesses that the list leaves out: it lags, or it is not whole. */
  readonly overlooked: number;
}

/**
 * What the vendor's list shows of the time when a request was on its way, and of the time of the witnesses.
 * Undefined: the vendor lists no jobs. @throws as `Provider.listJobs`
 */
export async function lookAround(
  {
    ledger,
    provider,
    account,
  }: {
    readonly ledger: Pick<Ledger, 'submissions' | 'remotes'>;
    readonly provider: Pick<Provider, 'listJobs' | 'describe'>;
    /** The ledger's key. */
    readonly account: string;
  },
  sent: { readonly request: ShotRequest; readonly claimedAt: number; readonly deadlineAt: number },
  witnesses: readonly Witness[] = [],
): Promise<Sighting | undefined> {
  if (!provider.listJobs) return undefined;
  const whole = {
    from: Math.min(sent.claimedAt, ...witnesses.map(({ claimedAt }) => claimedAt)),
    to: Math.max(sent.deadlineAt, ...witnesses.map(({ submittedAt }) => submittedAt)),
  };
  const { listed, isOfTime } = await listBetween(provider, originOf(account), whole);
  const around = listed.filter(isOfTime({ from: sent.claimedAt, to: sent.deadlineAt }));
  const known = await ledger.submissions.knownJobs(
    account,
    around.map(({ id }) => id),
  );
  const strangers = around.filter(({ id }) => !known.has(id));
  const source = await remoteSource(ledger.remotes, sent.request);
  const candidates: Candidate[] = [];
  for (const job of strangers) {
    const told = (await provider.describe?.(job.job).catch(() => undefined)) ?? {};
    const fit = fitOf(sent.request, told, source);
    if (fit !== 'other') candidates.push({ job, told, fit });
  }
  const ids = new Set(listed.map(({ id }) => id));
  const overlooked = witnesses.filter(({ jobId }) => !ids.has(jobId)).length;
  return { candidates, overlooked };
}

/** Whether the job may just as well be what the other request has made. */
export async function mayBeOf(
  { remotes }: Pick<Ledger, 'remotes'>,
  other: ShotRequest,
  { told }: Candidate,
): Promise<boolean> {
  return fitOf(other, told, await remoteSource(remotes, other)) !== 'other';
}

interface Span {
  /** Epoch milliseconds by our clock. */
  readonly from: number;
  readonly to: number;
}

/**
 * The vendor's jobs of a time of ours, which may be another time by its clock: how far apart the two are is
 * known at the latest by the answer itself.
 */
async function listBetween(
  provider: Pick<Provider, 'listJobs'>,
  origin: string,
  span: Span,
): Promise<{
  readonly listed: readonly ListedJob[];
  readonly isOfTime: (span: Span) => (job: ListedJob) => boolean;
}> {
  const listFor = async (aheadMs: number) => {
    const atVendor = ({ from, to }: Span): Span => ({
      from: from - clockSlackMs + Math.min(0, aheadMs),
      to: to + clockSlackMs + Math.max(0, aheadMs),
    });
    const { from, to } = atVendor(span);
    return {
      listed: (await provider.listJobs?.(from, to)) ?? [],
      isOfTime: (part: Span) => {
        const { from: first, to: last } = atVendor(part);
        return ({ createdAt }: ListedJob): boolean => createdAt >= first && createdAt <= last;
      },
    };
  };
  const before = serverAheadMs(origin);
  const answer = await listFor(before);
  const after = serverAheadMs(origin);
  return Math.abs(after - before) > clockSlackMs / 2 ? await listFor(after) : answer;
}

/** The vendor's id of the one output that the request reads. */
async function remoteSource(
  remotes: Pick<RemoteLedger, 'output'>,
  request: ShotRequest,
): Promise<string | undefined> {
  const [reference, ...others] = request.references;
  if (reference?.kind !== 'output' || others.length > 0) return undefined;
  const output = await remotes.output(reference.submission, reference.index);
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
