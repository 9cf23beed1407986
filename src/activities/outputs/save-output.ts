import { messageOf } from '../../errors.ts';
import type { Due, Refusals, SavedFile } from '../../ledger/port.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import { failpoint } from '../failpoints.ts';
import { isDiskFull } from '../to-application-failure.ts';
import { type FetchedFile, fetchOutput, isRefusal } from './fetch-output.ts';
import { OutputGoneError } from './output-url.ts';

/** A file that the vendor still names is refused for so long before it is lost. */
const refusedForMs = 60 * 60_000;
/** One that the vendor says it no longer has, and that it has said so often. */
const gone = { forMs: 10 * 60_000, answers: 4 };
/** The same damaged bytes twice, so far apart, are the file. */
const damagedForMs = 10_000;

type ReadyOutput = Due['downloads'][number];

/**
 * Fetches one output into the blob store, or notes when to try again. Nothing here costs money. Only what is
 * refused again and again while the vendor can be asked is lost: no outage, however long, ends the tries.
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

/** Whether a damaged file is kept: it came twice, and each time to its end. @param forMs since it came first */
export function isTheFile({ isDelimited }: FetchedFile, forMs: number | undefined): boolean {
  return isDelimited && forMs !== undefined && forMs >= damagedForMs;
}

/** Where nothing tells that it came to its end, it is tried for as long as one that is refused. */
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
