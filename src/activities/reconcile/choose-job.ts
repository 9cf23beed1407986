import { isDeepStrictEqual } from 'node:util';
import type { ShotRequest } from '../../batch/request.ts';
import type { Due, Ledger, CompetingSubmission, KnownJob } from '../../ledger/port.ts';
import { clockSlackMs } from '../../http/server-clock.ts';
import { type Candidate, mayBeOf, type Sighting } from './candidates.ts';

/** How far outside the request's time a job may have been made that nothing but its time tells apart. */
const closeMs = 5_000;

export interface Question {
  readonly ambiguous: Due['ambiguous'][number];
  readonly competing: readonly CompetingSubmission[];
  /** By how much the clock has jumped ahead since the request was claimed. */
  readonly jumpedMs: number;
  readonly sighting: Sighting;
}

/**
 * The jobs any one of which is surely the request's own; none: that cannot be told. `wait`: a request that is
 * still on its way may have made one of them, and its answer will say so.
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
 * Answered requests for something else that may have made a second job. Where the vendor has more unknown jobs
 * of that time than requests are without one, something on the way sends requests twice: a job may then be
 * the repeat of a request that has its own.
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
 * Jobs that tell what was asked for, when they can be nobody else's: as many at most as there are requests
 * for the very same that wait for one, any of which may have any of them, and none that fits another request.
 * An entry that cannot be read may be one more of them.
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
 * Competing submissions that may have made the job: on their way when it was made, and nothing it tells speaks against them. One
 * that tells what was asked for is taken although it was made in a gap, as for what is asked about in that gap.
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
