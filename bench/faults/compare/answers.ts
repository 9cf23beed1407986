import { asksForTheSame, type Entry, type Evidence } from './evidence.ts';

/** A client that waits to its limit closes the connection then; one that closes it earlier was cut off. */
const ownLimit = 0.9;

/** A process that is told to end by one signal ends what it has paid for: it hears the answers first. */
export function cutOff(evidence: Evidence): string[] {
  const { entries, endings, scenario } = evidence;
  return endings
    .filter(({ twice, isOfSender }) => !twice && isOfSender)
    .flatMap(({ signal, at, endedAt }) =>
      entries
        .filter((entry) => {
          const closedAt = Date.parse(entry.closedAt ?? '');
          const isMeanwhile = closedAt >= at && closedAt <= endedAt + 500;
          const isEarly = clientWaitedMs(evidence, entry) < scenario.postMs * ownLimit;
          return entry.reply === 'gone' && isMeanwhile && isEarly && !isGivenUp(evidence, entry);
        })
        .map(({ id }) => `${signal} cut off the paid request of job ${id}`),
    );
}

/** A process that is told to end does so, in less time than the longest request takes twice. */
export function notEnded({ endings }: Evidence): string[] {
  return endings
    .filter(({ endedAt }) => !Number.isFinite(endedAt))
    .map(({ signal }) => `${signal} did not end a process`);
}

/**
 * Each answer that surely came to us has its row: all of them where no process died or slept, and else
 * that one which a process had in hand when it was put to sleep.
 */
export function answersDropped(evidence: Evidence): string[] {
  const { book, ledger, scenario, heard } = evidence;
  const known = new Set(ledger.submissions.map(({ jobId }) => jobId));
  const own = ledger.shots.filter(({ submission }) => heard.includes(submission ?? ''));
  return book.accepted
    .filter((entry) => entry.reply === 'answered' && !known.has(entry.id))
    .filter((entry) => servedMs(entry) < scenario.postMs * ownLimit)
    .filter((entry) => !isGivenUp(evidence, entry))
    .filter((entry) => isUndisturbed(evidence) || own.some((shot) => asksForTheSame(entry, shot)))
    .map(({ id }) => `the vendor answered with job ${id}, which is in no row`);
}

/**
 * The client says itself that it waited to its limit. On a busy machine it stands still for as long as this
 * campaign's limit, and the answer lies in its socket; or the vendor sees its request late.
 */
function isGivenUp({ ledger }: Evidence, entry: Entry): boolean {
  const own = ledger.shots.filter((shot) => asksForTheSame(entry, shot));
  return ledger.submissions.some(
    ({ key, why }) =>
      own.some((shot) => shot.key === key) && (why?.startsWith('no answer within') ?? false),
  );
}

function isUndisturbed({ kills, endings, befallen }: Evidence): boolean {
  return kills === 0 && !endings.some(({ twice }) => twice) && !('suspended' in befallen);
}

/**
 * How long the client had the connection open. On a busy machine the vendor sees the request late, so the time
 * since the claim counts, where no clock was set in between.
 */
function clientWaitedMs(
  { ledger, scenario }: Evidence,
  { id, arrivedAt, closedAt }: Entry,
): number {
  const closed = Date.parse(closedAt ?? '');
  const claimedAt = ledger.submissions.find(({ jobId }) => jobId === id)?.claimedAt ?? Number.NaN;
  const sinceClaim = closed - claimedAt;
  const seen = closed - Date.parse(arrivedAt);
  return sinceClaim > seen && sinceClaim < 2 * scenario.postMs ? sinceClaim : seen;
}

const servedMs = ({ arrivedAt, at }: Entry): number => Date.parse(at) - Date.parse(arrivedAt);
