import { messageOf } from '../../errors.ts';
import type { Due, Refusals, SavedFile } from '../../ledger/port.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import { failpoint } from '../failpoints.ts';
import { isDiskFull } from '../to-application-failure.ts';
import { type FetchedFile, fetchOutput, isRefusal } from './fetch-output.ts';
import { OutputGoneError } from './output-url.ts';

/** Duration of refusals after which a file that the vendor still names is lost. */
const refusedForMs = 60 * 60_000;
/** The same for a file that the vendor reports as gone, with the required number of such answers. */
const gone = { forMs: 10 * 60_000, answers: 4 };
/** The same damaged bytes twice, at least this far apart, count as the file. */
const damagedForMs = 10_000;

type ReadyOutput = Due['downloads'][number];

/**
 * Fetches one output into the blob store, or schedules the next try. Nothing here costs money. Only
 * repeated refusals while the vendor is reachable lose a file: no outage, however long, ends the
 * tries.
 * @returns whether it was saved
 */
export async function saveOutput(
  deps: ActivityDependencies,
  access: AccountAccess,
  output: ReadyOutput,
): Promise<boolean> {
  const { submissions } = deps.ledger;
  const { submission, index, job } = output;
  try {
    const file = await fetchOutput(deps, access, output);
    if (file === undefined) {
      await submissions.delayOutput(submission, index, 2_000, 'the vendor is preparing the file');
      return false;
    }
    failpoint('fetched', submission);
    const isTaken = file.damage === null || (await takesDamaged(deps, output, file));
    if (!isTaken) return false;
    const isFirst = await submissions.saveOutput(submission, index, savedFile(file), job);
    failpoint('saved', submission);
    return isFirst;
  } catch (error) {
    if (isDiskFull(error)) throw error;
    await tryLater(deps, output, error);
    return false;
  }
}

export function savedFile({ sha256, bytes, mime, width, height, damage }: FetchedFile): SavedFile {
  return { sha256, bytes, mime, width, height, damaged: damage };
}

/**
 * Whether to keep a damaged file: it came twice, each time to its end.
 * @param forMs since it came first
 */
export function isTheFile({ isDelimited }: FetchedFile, forMs: number | undefined): boolean {
  return isDelimited && forMs !== undefined && forMs >= damagedForMs;
}

/** Decides whether to keep a damaged file. A file of unknown end is retried for as long as a refused one. */
async function takesDamaged(
  deps: ActivityDependencies,
  output: ReadyOutput,
  file: FetchedFile,
): Promise<boolean> {
  const { submissions } = deps.ledger;
  const { submission, index } = output;
  const forMs = await submissions.noteDamaged(submission, index, file.sha256);
  if (!isTheFile(file, forMs)) {
    const refusal = { inMs: waitAfter(output), why: file.damage ?? '', isGone: false };
    const refusals = await submissions.refuseOutput(submission, index, refusal);
    if (!refusals || !isOver(refusals)) return false;
  }
  deps.log(`output ${index} of ${submission} is kept although it is damaged: ${file.damage}`);
  return true;
}

async function tryLater(
  deps: ActivityDependencies,
  output: ReadyOutput,
  error: unknown,
): Promise<void> {
  const { submissions } = deps.ledger;
  const { submission, index } = output;
  const why = messageOf(error);
  const inMs = waitAfter(output);
  const isGone = error instanceof OutputGoneError;
  if (!isGone && !isRefusal(error)) {
    await submissions.delayOutput(submission, index, inMs, why);
    return;
  }
  const refusals = await submissions.refuseOutput(submission, index, { inMs, why, isGone });
  if (!refusals || !isOver(refusals)) return;
  deps.log(`output ${index} of ${submission} cannot be had: ${why}`);
  await submissions.loseOutput(submission, index, why);
}

const waitAfter = ({ tries }: ReadyOutput): number => Math.min(600_000, 500 * 2 ** tries);

/** Counted by time, since an answer that is wrong for some minutes proves nothing. */
function isOver({ forMs, goneAnswers, goneForMs }: Refusals): boolean {
  return forMs >= refusedForMs || (goneAnswers >= gone.answers && goneForMs >= gone.forMs);
}
