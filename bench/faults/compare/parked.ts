import type { ShotRow, SubmissionRow } from '../../../src/ledger/port.ts';
import { type Entry, type Evidence, vendorOf } from './evidence.ts';

/** A request whose fate was left to a person. */
interface Question {
  readonly shot: ShotRow;
  readonly row: SubmissionRow;
  readonly vendor: string;
}

/** By the reason that each gives, its numbers and names aside: how many shots are parked. */
export function parkedByReason({ ledger }: Evidence): Record<string, number> {
  const reasons: Record<string, number> = {};
  for (const { state, why } of ledger.shots)
    if (state === 'parked') {
      const reason = plainReason(why ?? 'no reason');
      reasons[reason] = (reasons[reason] ?? 0) + 1;
    }
  return reasons;
}

/** What came instead of an answer differs; what could not be told afterwards is the reason. */
function plainReason(why: string): string {
  const [, last = why] = /, and (.*)$/s.exec(why) ?? [];
  return last
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27,}|\b(tsk|job|ij)_\w+/g, 'ID')
    .replaceAll(/\d+/g, 'N')
    .slice(0, 120);
}

/** How far outside the request's time a job may have been made, where only time speaks for it. */
const closeMs = 5_000;
/** Jobs further from the request than this are none of its candidates. */
export const aroundMs = 120_000;

/** What puts the list, or its times, in doubt for longer than anybody would wait. */
const doubts =
  /list omits|clock|comes back later|times: |job list|404 at list-jobs|refused at list-jobs|settings changed|older ledger/;

/**
 * An oracle of its own: requests that are parked although the vendor's list, as the book knows it, tells what
 * became of them. It speaks only where the answer is sure: a list that is up to date and shows no job that
 * could be the request's; or one unclaimed job that tells the request's own prompt, where no other question
 * has this prompt; or the only unclaimed job there is, where there is no other question.
 */
export function couldBeTold(evidence: Evidence): string[] {
  const { scenario, befallen, book } = evidence;
  const struck = [...Object.keys(befallen), ...Object.keys(book.faults)];
  const isDoubtful = struck.some((name) => doubts.test(name));
  if (isDoubtful || (scenario.simulator.clockAheadMs ?? 0) !== 0) return [];
  const questions = questionsIn(evidence).filter(({ vendor }) =>
    listsItsJobs(vendor, scenario.accounts),
  );
  return questions.flatMap((question) => {
    const reported = toldOf(question, questions, evidence);
    return reported === undefined ? [] : [`${question.shot.key} is parked, though ${reported}`];
  });
}

/** While these last, no answer can be written down. */
const unwritable = ['disk full', 'ledger locked', 'no file can be opened'];

/** Parked although the vendor refused it, and the answer came to a process that lived on and could write. */
export function refusedAndParked(evidence: Evidence): string[] {
  const { book, kills, endings, befallen } = evidence;
  const isHindered = [...unwritable, 'suspended', 'clock stepped'].some((name) => name in befallen);
  if (kills > 0 || endings.length > 0 || isHindered) return [];
  return questionsIn(evidence).flatMap(({ shot, row, vendor }) => {
    const isIts = ({ request }: Pick<Entry, 'request'>): boolean =>
      shot.request.prompt !== undefined && request.prompt === shot.request.prompt;
    // An earlier request of the shot may have been refused just before.
    const since = row.claimedAt;
    const made = book.accepted.some((entry) => entry.vendor === vendor && isIts(entry));
    const refusal = book.refused.findLast(
      ({ request, at, ...each }) =>
        each.vendor === vendor && request && isIts({ request }) && Date.parse(at) >= since,
    );
    return refusal && !made
      ? [`${shot.key} is parked, though its request was refused with ${refusal.status}`]
      : [];
  });
}

function questionsIn({ ledger }: Evidence): Question[] {
  const rows = new Map(ledger.submissions.map((row) => [row.submission, row]));
  return ledger.shots.flatMap((shot) => {
    const row = rows.get(shot.submission ?? '');
    if (shot.state !== 'parked' || row?.state !== 'parked' || row.jobId !== null) return [];
    return [{ shot, row, vendor: vendorOf(row.account) }];
  });
}

function listsItsJobs(vendor: string, accounts: Readonly<Record<string, object>>): boolean {
  if (vendor === 'photogpt') return true;
  const { dialect } = (accounts[vendor] ?? {}) as { dialect?: string };
  return vendor === 'productai' && dialect !== 'b';
}

function toldOf(
  question: Question,
  questions: readonly Question[],
  { book, ledger, scenario }: Evidence,
): string | undefined {
  const { shot, row, vendor } = question;
  const others = questions.filter((other) => other !== question && other.vendor === vendor);
  const known = new Set(ledger.submissions.map(({ jobId }) => jobId));
  const listed = book.accepted.filter((entry) => entry.vendor === vendor && entry.kind !== 'train');
  const around = listed.filter(({ at }) => Math.abs(Date.parse(at) - row.claimedAt) < aroundMs);
  const unclaimed = around.filter(({ id }) => !known.has(id));
  if (unclaimed.length === 0)
    return isUpToDate(shot, row, listed, known)
      ? 'the list shows no job that could be its own, and later ones'
      : undefined;
  const { prompt } = shot.request;
  const reporting = unclaimed.filter(({ request }) => request.prompt === prompt);
  const isAlone =
    !others.some((other) => other.shot.request.prompt === prompt) &&
    !isLikeARepeat(shot, unclaimed.length > others.length + 1, ledger.shots);
  if (scenario.simulator.revealing && prompt !== undefined && reporting.length === 1 && isAlone)
    return `job ${reporting[0]?.id} tells its prompt, and nobody else asked for it`;
  const [only, ...more] = unclaimed;
  const isClose = only && Math.abs(Date.parse(only.at) - row.claimedAt) < closeMs;
  return more.length === 0 && others.length === 0 && isClose && fits(only, shot)
    ? `job ${only.id} is the only one that nobody claims, and there is no other question`
    : undefined;
}

/** Its prompt is that of another shot, and something on the way sends requests twice. */
function isLikeARepeat(shot: ShotRow, areRepeated: boolean, shots: readonly ShotRow[]): boolean {
  const { prompt, aspectRatio } = shot.request;
  return (
    areRepeated &&
    shots.some(({ request }) => request.prompt === prompt && request.aspectRatio !== aspectRatio)
  );
}

/** Whether a job of the same model that is known was made after the request. */
function isUpToDate(
  shot: ShotRow,
  row: SubmissionRow,
  listed: readonly Entry[],
  known: ReadonlySet<string | null>,
): boolean {
  return listed.some(
    (entry) =>
      known.has(entry.id) && fits(entry, shot) && Date.parse(entry.at) > row.claimedAt + closeMs,
  );
}

function fits({ request }: Entry, shot: ShotRow): boolean {
  const model = request.modelID ?? request.model;
  return model === undefined ? shot.request.model === 'upscale' : model === shot.request.model;
}
