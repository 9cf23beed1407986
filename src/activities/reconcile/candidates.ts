import { originOf } from '../../batch/ids.ts';
import type { ShotRequest } from '../../batch/request.ts';
import { clockSlackMs, serverAheadMs } from '../../http/server-clock.ts';
import type { Ledger, RemoteLedger, KnownJob } from '../../ledger/port.ts';
import type { JobDescription, ListedJob, Listing, Provider } from '../../providers/port.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';

/** Jobs asked what they tell, to learn whether the vendor tells prompts as they were sent. */
const asked = 3;

/**
 * What the vendor reveals of a job, held against a request. `same`: it is what was asked for. `other`: it is
 * not. `differs`: it tells another prompt, which proves nothing, since the vendor may tell prompts otherwise
 * than they were sent. `untold`: nothing speaks for it or against it.
 */
type Fit = 'same' | 'other' | 'differs' | 'untold';

/** A job at the vendor that may be what a request without an answer has made. */
export interface Candidate {
  readonly job: ListedJob;
  /** By our clock, epoch milliseconds; null: the vendor does not tell. */
  readonly madeAt: number | null;
  readonly reported: JobDescription;
  readonly fit: Exclude<Fit, 'other'>;
  /** The vendor says that it is over, so that it will not reveal any more. */
  readonly hasEnded: boolean;
}

export interface Sighting {
  /** Jobs of that time that no submission has, whatever they tell. */
  readonly strangers: number;
  /** Jobs of the time when the request was on its way that no submission has, and that may be its own. */
  readonly candidates: readonly Candidate[];
  /** Known jobs that the list leaves out, or shows at another time: it lags, is not whole or not understood. */
  readonly overlooked: number;
  /** By how much the clock may have jumped ahead, unseen, since the request was sent: jobs bear so much later times. */
  readonly unseenMs: number;
  /** Entries of the list that cannot be read: any of them may be the request's own job. */
  readonly unreadable: number;
}

interface Sent {
  readonly request: ShotRequest;
  readonly claimedAt: number;
  readonly deadlineAt: number;
  /** By how much the clock may have jumped ahead since, for all that this process has seen; default 0. */
  readonly unseenMs?: number;
}

interface Vendor {
  readonly ledger: Pick<Ledger, 'submissions' | 'remotes'>;
  readonly provider: Pick<Provider, 'listJobs' | 'describe'>;
  /** The ledger's key. */
  readonly account: string;
}

/**
 * What the vendor's list shows of the time when a request was on its way, and of the time of the known jobs.
 * Undefined: the vendor lists no jobs. @throws as `Provider.listJobs`
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
  // A job from before that still bears its own time shows that there was no jump since.
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
  for (const { job, madeAt } of strangers) {
    const reported = (await provider.describe?.(job.job).catch(() => undefined)) ?? {};
    const hasEnded = job.state === 'ended' || reported.ended === true;
    found.push({ job, madeAt, reported, hasEnded, fit: fitOf(sent.request, reported, source) });
  }
  const tellsPrompts =
    found.some(({ reported }) => reported.prompt !== undefined) &&
    (await provesPrompts(provider, knownJobs));
  const candidates = found.filter(
    (each): each is Candidate => each.fit !== 'other' && !(each.fit === 'differs' && tellsPrompts),
  );
  return {
    strangers: strangers.length,
    candidates,
    overlooked: overlookedIn(listed, knownJobs),
    unseenMs,
    unreadable,
  };
}

/** So much do clocks of vendors jump at the most: as far as any is believed to be off. */
const jumpMostMs = 24 * 3_600_000;
/** More unknown jobs than that are not asked one by one. */
const strangersMost = 100;

/** The vendor's list as all the requests of an account read it. */
export function vendorOf(
  { ledger }: Pick<ActivityDependencies, 'ledger'>,
  { throttle, provider, key }: AccountAccess,
): Vendor {
  return { ledger, provider: throttle.recentList.of(provider), account: key };
}

/**
 * Whether a request that the list does not show at its time is not listed at another time either. A vendor
 * whose clock was set after it made a job shows that job at another time. An earlier known job that bears its
 * own time shows that the clock was not set since; without one, every unknown job of the day before and
 * after is held against the request. A list that cannot be read so far proves nothing.
 */
export async function isNowhere(
  vendor: Vendor,
  sent: Sent,
  known: readonly KnownJob[],
): Promise<boolean> {
  if (known.some(({ claimedAt }) => claimedAt < sent.claimedAt)) return true;
  return await isNowhereInDays(vendor, sent).catch(() => false);
}

async function isNowhereInDays(vendor: Vendor, sent: Sent): Promise<boolean> {
  const { ledger, provider, account } = vendor;
  const from = sent.claimedAt - jumpMostMs;
  const to = sent.deadlineAt + jumpMostMs;
  const { listed, unreadable } = await listBetween(provider, originOf(account), { from, to });
  const ids = listed.map(({ job }) => job.id);
  const ours = await ledger.submissions.recordedJobIds(account, ids);
  const strangers = ids.length - ours.size;
  if (unreadable > 0 || strangers > strangersMost) return false;
  if (strangers === 0) return true;
  const day = await lookAround(vendor, { ...sent, claimedAt: from, deadlineAt: to });
  return day?.candidates.length === 0;
}

/**
 * Whether a job that may be ours may just as well be what the other request has made. One that tells our
 * prompt is not that of a request with another prompt, however the vendor tells prompts.
 */
export async function mayBeOf(
  { remotes }: Pick<Ledger, 'remotes'>,
  other: ShotRequest,
  { reported }: Candidate,
): Promise<boolean> {
  const fit = fitOf(other, reported, await remoteSource(remotes, other));
  return fit === 'same' || fit === 'untold';
}

/** A list that is understood shows each of them, at the time when it was made. */
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

/** Every job that tells a prompt tells the one that was sent for it; and one at least does. */
async function provesPrompts(
  { describe }: Pick<Provider, 'describe'>,
  knownJobs: readonly KnownJob[],
): Promise<boolean> {
  const prompted = knownJobs.filter(({ request }) => request.prompt !== undefined).slice(0, asked);
  const reported = await Promise.all(
    prompted.map(async ({ job, request }) => {
      const prompt = (await describe?.(job).catch(() => undefined))?.prompt;
      return prompt === undefined ? undefined : isPromptOf(request, prompt);
    }),
  );
  return reported.includes(true) && !reported.includes(false);
}

interface Span {
  /** Epoch milliseconds by our clock. */
  readonly from: number;
  readonly to: number;
}

interface Dated {
  readonly job: ListedJob;
  readonly madeAt: number | null;
}

/** A job without a readable time may be of any. */
const isOfTime =
  ({ from, to }: Span) =>
  ({ madeAt }: Pick<Dated, 'madeAt'>): boolean =>
    madeAt === null || (madeAt >= from - clockSlackMs && madeAt <= to + clockSlackMs);

/**
 * The vendor's jobs of a time of ours, which may be another time by its clock: how far apart the two are is
 * known at the latest by the answer itself.
 */
async function listBetween(
  provider: Pick<Provider, 'listJobs'>,
  origin: string,
  { from, to }: Span,
): Promise<{ listed: readonly Dated[]; unreadable: number }> {
  const listFor = async (aheadMs: number): Promise<Listing<ListedJob>> =>
    (await provider.listJobs?.(
      from - clockSlackMs + Math.min(0, aheadMs),
      to + clockSlackMs + Math.max(0, aheadMs),
    )) ?? { entries: [], unreadable: 0 };
  const before = serverAheadMs(origin);
  const first = await listFor(before);
  const after = serverAheadMs(origin);
  const last = Math.abs(after - before) > clockSlackMs / 2 ? await listFor(after) : first;
  const listed = last.entries.map((job) => ({
    job,
    madeAt: job.createdAt === null ? null : job.createdAt - serverAheadMs(origin),
  }));
  return { listed, unreadable: last.unreadable };
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

function fitOf(request: ShotRequest, reported: JobDescription, source: string | undefined): Fit {
  if (reported.operation === 'train') return 'other';
  if (reported.operation === 'upscale' && request.prompt !== undefined) return 'other';
  if (reported.source !== undefined && source !== undefined)
    return reported.source === source ? 'same' : 'other';
  if (reported.prompt === undefined) return 'untold';
  if (!isPromptOf(request, reported.prompt)) return 'differs';
  // Another spelling of the model is no proof: vendors rename them, and trained ones go by other ids.
  const modelled = reported.model === undefined || reported.model === request.model;
  return modelled || request.choice.kind !== 'public' ? 'same' : 'untold';
}

const isPromptOf = ({ prompt }: ShotRequest, reported: string): boolean =>
  prompt !== undefined && reported.trim() === prompt.trim();
