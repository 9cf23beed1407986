import { isDeepStrictEqual } from 'node:util';
import type { ShotRequest } from '../../batch/request.ts';
import type { Due, Ledger, CompetingSubmission, KnownJob } from '../../ledger/port.ts';
import { clockSlackMs } from '../../http/server-clock.ts';
import { type Candidate, mayBeOf, type Sighting } from './candidates.ts';

/** Tolerance when creation time is the only evidence. */
const closeMs = 5_000;

export interface Question {
  readonly ambiguous: Due['ambiguous'][number];
  readonly competing: readonly CompetingSubmission[];
  /** Forward jump of the clock since the request was claimed; milliseconds. */
  readonly jumpedMs: number;
  readonly sighting: Sighting;
}

/**
 * Jobs of which any one is surely the request's own; empty: undecided. `wait`: a request that is
 * still on its way may have made one of them, and its answer will show it.
 */
export async function chooseJobs(
  ledger: Pick<Ledger, 'remotes'>,
  question: Question,
): Promise<readonly Candidate[] | 'wait'> {
  const { candidates, unreadable } = question.sighting;
  const [first, ...others] = candidates;
  const isOnly = others.length === 0 && unreadable === 0;
  if (first && isOnly && first.fit === 'untold' && isClose(question, first)) {
    const claimants = await claimantsOf(ledger, question, first);
    if (claimants.length === 0) return [first];
    return claimants.some(({ onItsWay }) => onItsWay) ? 'wait' : [];
  }
  return await surelyOurs(ledger, question);
}

/**
 * Answered requests for something else that may have made a second job. This applies if the vendor
 * has more unknown jobs of that time than there are requests without a job. A gateway may then have
 * sent requests twice, so a job may be the repeat of a request that has its own.
 */
export function mayHaveBeenRepeated(
  { ambiguous, competing, sighting }: Pick<Question, 'ambiguous' | 'competing' | 'sighting'>,
  answered: readonly KnownJob[],
): CompetingSubmission[] {
  if (sighting.strangers <= competing.length + 1) return [];
  return answered
    .filter(({ request }) => !isDeepStrictEqual(request, ambiguous.request))
    .map(({ request, claimedAt, submittedAt: deadlineAt }) => {
      return { request, claimedAt, deadlineAt, onItsWay: false, inGap: false };
    });
}

/**
 * Matching jobs, if no other request can have made them. There are at most as many as identical
 * requests without a job, and each of those may have any of them. No job fits another request. An
 * unreadable entry counts as one more job.
 */
async function surelyOurs(
  ledger: Pick<Ledger, 'remotes'>,
  question: Question,
): Promise<readonly Candidate[] | 'wait'> {
  const { request } = question.ambiguous;
  const { candidates, unreadable } = question.sighting;
  const same = candidates.filter(({ fit }) => fit === 'same');
  const claimants = new Set<CompetingSubmission>();
  for (const job of same)
    for (const competitor of await claimantsOf(ledger, question, job)) claimants.add(competitor);
  if ([...claimants].some(({ onItsWay }) => onItsWay)) return 'wait';
  const isOnlyOurs = [...claimants].every((competitor) => isEqual(competitor, request));
  return isOnlyOurs && same.length + unreadable <= claimants.size + 1 ? same : [];
}

/**
 * Competing submissions that may have made the job: on their way when it was made, with no contrary
 * evidence. A matching job is not attributed to a submission in a gap, as when a request in that
 * gap is settled.
 */
async function claimantsOf(
  ledger: Pick<Ledger, 'remotes'>,
  { competing, jumpedMs, sighting }: Question,
  job: Candidate,
): Promise<CompetingSubmission[]> {
  const found: CompetingSubmission[] = [];
  const laterMs = jumpedMs + sighting.unseenMs + clockSlackMs;
  for (const competitor of competing) {
    const { request, claimedAt, deadlineAt, inGap } = competitor;
    const { madeAt } = job;
    const covers =
      madeAt === null || (madeAt >= claimedAt - clockSlackMs && madeAt <= deadlineAt + laterMs);
    if (!covers || (inGap && job.fit === 'same')) continue;
    if (request === null || (await mayBeOf(ledger, request, job))) found.push(competitor);
  }
  return found;
}

const isEqual = (competitor: CompetingSubmission, request: ShotRequest): boolean =>
  isDeepStrictEqual(competitor.request, request);

function isClose({ ambiguous, jumpedMs }: Question, { madeAt }: Candidate): boolean {
  const { claimedAt, deadlineAt } = ambiguous;
  return (
    madeAt !== null && madeAt >= claimedAt - closeMs && madeAt <= deadlineAt + jumpedMs + closeMs
  );
}
