import { originOf } from '../../batch/ids.ts';
import type { ShotRequest } from '../../batch/request.ts';
import { HttpError } from '../../http/errors.ts';
import type { Ledger, RemoteLedger, KnownJob } from '../../ledger/port.ts';
import type { JobDescription, JobRef, ListedJob, Provider } from '../../providers/port.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import { type Dated, isOfTime, listBetween } from './dated-list.ts';

/** Number of known jobs to check, to learn whether the vendor reports prompts as they were sent. */
const asked = 3;

/**
 * Comparison of a job's description with a request. `same`: it matches. `other`: it does not match.
 * `differs`: it has another prompt, which proves nothing, since the vendor may report prompts in a
 * changed form. `untold`: nothing speaks for or against it.
 */
type Fit = 'same' | 'other' | 'differs' | 'untold';

/** A job at the vendor that a request without an answer may have made. */
export interface Candidate {
  readonly job: ListedJob;
  /** Epoch milliseconds by the local clock; null: the vendor does not report it. */
  readonly madeAt: number | null;
  readonly reported: JobDescription;
  readonly fit: Exclude<Fit, 'other'>;
  /** The vendor reports that it has ended, so its description no longer changes. */
  readonly hasEnded: boolean;
}

export interface Sighting {
  /** Number of jobs of that time that no submission has, with any description. */
  readonly strangers: number;
  /** Jobs of the time when the request was on its way that no submission has and that may be its own. */
  readonly candidates: readonly Candidate[];
  /** Known jobs that the list omits, or shows at another time: the list lags, is incomplete or misread. */
  readonly overlooked: number;
  /**
   * Possible unseen forward jump of the clock since the request was sent: jobs may bear times this
   * much later.
   */
  readonly unseenMs: number;
  /**
   * Entries of the list that cannot be read, and jobs whose description could not be fetched now:
   * each may be the request's own job.
   */
  readonly unreadable: number;
}

interface Sent {
  readonly request: ShotRequest;
  readonly claimedAt: number;
  readonly deadlineAt: number;
  /** Possible forward jump of the clock since then that this process could not see; default 0. */
  readonly unseenMs?: number;
}

interface Vendor {
  readonly ledger: Pick<Ledger, 'submissions' | 'remotes'>;
  readonly provider: Pick<Provider, 'listJobs' | 'describe'>;
  /** The ledger's key. */
  readonly account: string;
}

/**
 * Reads the vendor's list around the request's time and the times of the known jobs. Undefined: the
 * vendor lists no jobs.
 * @throws as `Provider.listJobs`
 */
export async function lookAround(
  { ledger, provider, account }: Vendor,
  sent: Sent,
  knownJobs: readonly KnownJob[] = [],
): Promise<Sighting | undefined> {
  if (!provider.listJobs) return undefined;
  const { unseenMs: mayHaveJumpedMs = 0 } = sent;
  const whole = {
    from: Math.min(sent.claimedAt, ...knownJobs.map(({ claimedAt }) => claimedAt)),
    to: Math.max(
      sent.deadlineAt + mayHaveJumpedMs,
      ...knownJobs.map(({ submittedAt }) => submittedAt),
    ),
  };
  const { listed, unreadable } = await listBetween(provider, originOf(account), whole);
  // An earlier job that still bears its own time proves that there was no jump since.
  const earlier = knownJobs.filter(({ submittedAt }) => submittedAt <= sent.claimedAt);
  const dated = listed.filter(({ madeAt }) => madeAt !== null);
  const unseenMs = earlier.some(isInPlace(dated)) ? 0 : mayHaveJumpedMs;
  const span = { from: sent.claimedAt, to: sent.deadlineAt + unseenMs };
  const around = listed.filter(isOfTime(span));
  const known = await ledger.submissions.recordedJobIds(
    account,
    around.map(({ job }) => job.id),
  );
  const strangers = around.filter(({ job }) => !known.has(job.id));
  const source = await remoteSource(ledger.remotes, sent.request);
  const found: (Omit<Candidate, 'fit'> & { fit: Fit })[] = [];
  let unread = 0;
  for (const { job, madeAt } of strangers) {
    const described = await describeJob(provider, job.job);
    if (described === 'unread') unread += 1;
    const reported = described === 'unread' ? {} : described;
    const hasEnded = job.state === 'ended' || reported.ended === true;
    found.push({ job, madeAt, reported, hasEnded, fit: fitOf(sent.request, reported, source) });
  }
  const asksKnown = found.some(({ reported }) => reported.prompt !== undefined);
  const proof = asksKnown ? await provesPrompts(provider, knownJobs) : false;
  if (proof === 'unread') unread += 1;
  const tellsPrompts = proof === true;
  const candidates = found.filter(
    (each): each is Candidate => each.fit !== 'other' && !(each.fit === 'differs' && tellsPrompts),
  );
  return {
    strangers: strangers.length,
    candidates,
    overlooked: overlookedIn(listed, knownJobs),
    unseenMs,
    unreadable: unreadable + unread,
  };
}

/** `unread`: another try may get the description. */
async function describeJob(
  { describe }: Pick<Provider, 'describe'>,
  job: JobRef,
): Promise<JobDescription | 'unread'> {
  try {
    return (await describe?.(job)) ?? {};
  } catch (error) {
    const isRefused = error instanceof HttpError && error.status >= 400 && error.status < 500;
    return isRefused && error.status !== 401 && error.status !== 429 ? {} : 'unread';
  }
}

/** Largest assumed jump of a vendor's clock, equal to the largest offset that is accepted. */
const jumpMostMs = 24 * 3_600_000;
/** Maximum unknown jobs to check one by one. */
const strangersMost = 100;

/** The vendor's list, shared by all requests of an account. @param settledForMs see `RecentList.of` */
export function vendorOf(
  { ledger }: Pick<ActivityDependencies, 'ledger'>,
  { throttle, provider, key }: AccountAccess,
  settledForMs: number,
): Vendor {
  return { ledger, provider: throttle.recentList.of(provider, settledForMs), account: key };
}

/** Beside the requests lie the known jobs that a lookup compares. */
const besideMs = 60_000;

/** Reads one list for the lookups of several requests that follow. @throws as `Provider.listJobs` */
export async function readAhead(
  { provider, account }: Vendor,
  sent: readonly Pick<Sent, 'claimedAt' | 'deadlineAt'>[],
): Promise<void> {
  await listBetween(provider, originOf(account), {
    from: Math.min(...sent.map(({ claimedAt }) => claimedAt)) - besideMs,
    to: Math.max(...sent.map(({ deadlineAt }) => deadlineAt)) + besideMs,
  });
}

/**
 * Whether the list shows the request's job at no other time either. A vendor that sets its clock
 * after making a job shows that job at another time. An earlier known job at its own time proves
 * that the clock was not set since. Without one, every unknown job of the day before and after is
 * compared with the request. A list that cannot be read that far proves nothing.
 */
export async function isNowhere(
  vendor: Vendor,
  sent: Sent,
  known: readonly KnownJob[],
): Promise<boolean> {
  if (known.some(({ claimedAt }) => claimedAt < sent.claimedAt)) return true;
  return await isNowhereInDays(vendor, sent, known).catch(() => false);
}

async function isNowhereInDays(
  vendor: Vendor,
  sent: Sent,
  known: readonly KnownJob[],
): Promise<boolean> {
  const { ledger, provider, account } = vendor;
  const from = sent.claimedAt - jumpMostMs;
  const to = sent.deadlineAt + jumpMostMs;
  const { listed, unreadable } = await listBetween(provider, originOf(account), { from, to });
  const ids = listed.map(({ job }) => job.id);
  const ours = await ledger.submissions.recordedJobIds(account, ids);
  const strangers = ids.length - ours.size;
  if (unreadable > 0 || strangers > strangersMost) return false;
  if (strangers === 0) return true;
  // Known jobs show whether the vendor reports prompts as they were sent.
  const day = await lookAround(vendor, { ...sent, claimedAt: from, deadlineAt: to }, known);
  return day?.candidates.length === 0;
}

/**
 * Whether the other request may equally have made this candidate job. A job that reports our prompt
 * is not that of a request with another prompt, in whatever form the vendor reports prompts.
 */
export async function mayBeOf(
  { remotes }: Pick<Ledger, 'remotes'>,
  other: ShotRequest,
  { reported }: Candidate,
): Promise<boolean> {
  const fit = fitOf(other, reported, await remoteSource(remotes, other));
  return fit === 'same' || fit === 'untold';
}

/** Counts known jobs of the same model that the list does not show at the time when they were made. */
function overlookedIn(listed: readonly Dated[], knownJobs: readonly KnownJob[]): number {
  const isSeen = isInPlace(listed);
  return knownJobs.filter((job) => job.sameModel && !isSeen(job)).length;
}

function isInPlace(listed: readonly Dated[]): (job: KnownJob) => boolean {
  const byId = new Map(listed.map((each) => [each.job.id, each]));
  return ({ jobId, claimedAt, submittedAt }) => {
    const seen = byId.get(jobId);
    return seen !== undefined && isOfTime({ from: claimedAt, to: submittedAt })(seen);
  };
}

/** Every known job that reports a prompt reports the one that was sent; and at least one does. */
async function provesPrompts(
  provider: Pick<Provider, 'describe'>,
  knownJobs: readonly KnownJob[],
): Promise<boolean | 'unread'> {
  const prompted = knownJobs.filter(({ request }) => request.prompt !== undefined).slice(0, asked);
  const reported = await Promise.all(
    prompted.map(async ({ job, request }) => {
      const described = await describeJob(provider, job);
      if (described === 'unread') return described;
      const { prompt } = described;
      return prompt === undefined ? undefined : isPromptOf(request, prompt);
    }),
  );
  if (reported.includes(false)) return false;
  return reported.includes(true) || (reported.includes('unread') && 'unread');
}

/** The vendor's id of the output that the request reads, if that is its only reference. */
async function remoteSource(
  remotes: Pick<RemoteLedger, 'output'>,
  request: ShotRequest,
): Promise<string | undefined> {
  const [reference, ...others] = request.references;
  if (reference?.kind !== 'output' || others.length > 0) return undefined;
  const output = await remotes.output(reference.submission, reference.index);
  return typeof output?.remote === 'string' ? output.remote : undefined;
}

function fitOf(request: ShotRequest, reported: JobDescription, source: string | undefined): Fit {
  if (reported.operation === 'train') return 'other';
  if (reported.operation === 'upscale' && request.prompt !== undefined) return 'other';
  if (reported.source !== undefined && source !== undefined)
    return reported.source === source ? 'same' : 'other';
  if (reported.prompt === undefined) return 'untold';
  if (!isPromptOf(request, reported.prompt)) return 'differs';
  // Another model name is no proof: vendors rename models, and trained ones have other ids.
  const modelled = reported.model === undefined || reported.model === request.model;
  return modelled || request.choice.kind !== 'public' ? 'same' : 'untold';
}

const isPromptOf = ({ prompt }: ShotRequest, reported: string): boolean =>
  prompt !== undefined && reported.trim() === prompt.trim();
