import type { SubmissionRow, SubmissionState } from '../ledger/port.ts';
import { type Amount, formatAmount } from '../money.ts';
import { partialText } from './partial.ts';

/** Facts about a submission that need attention, as text. Undefined when there are none. */
export function noteOf(row: SubmissionRow): string | undefined {
  const over = billedAbove(row);
  const notes = [
    row.duplicate ? 'its job came late: counted and collected' : resolutionNote(row),
    row.state === 'lost' ? lostNote(row) : unsettled[row.state],
    partialNote(row),
    ...fileNotes(row),
    row.refund === 'owed' ? 'refund owed' : undefined,
    over > 0 ? `billed ${formatAmount(over, row.price.unit)} above its price` : undefined,
  ].filter((note) => note !== undefined);
  return notes.length === 0 ? undefined : notes.join('; ');
}

/** A request that was refused several times, then accepted or given up. */
export function refusedText({ refusals, why }: SubmissionRow): string {
  return `refused ${refusals} times: ${why}`;
}

/** The part of the bill above the reserved price. */
export function billedAbove({ billed, price }: SubmissionRow): Amount {
  return billed === null || price.amount === null ? 0 : Math.max(0, billed - price.amount);
}

function partialNote(row: SubmissionRow): string | undefined {
  const came = partialText(row);
  return came === undefined
    ? undefined
    : `${came} came; paid: ${formatAmount(row.spent, row.price.unit)}`;
}

/** A training leaves no file, so its model is the lost part. */
function lostNote({ operation, spent, price }: SubmissionRow): string {
  const what = operation === 'train' ? 'its model is gone' : 'its file was lost at the vendor';
  return `${what}; paid: ${formatAmount(spent, price.unit)}`;
}

/** Why a file is not fetched yet, or is not whole. */
function fileNotes({ outputs }: SubmissionRow): (string | undefined)[] {
  const waiting = outputs.find(({ state, why }) => state === 'ready' && why !== null)?.why;
  const damaged = outputs.find((output) => output.damaged !== null)?.damaged;
  return [
    waiting == null ? undefined : `its file is not available yet: ${waiting}`,
    damaged == null ? undefined : `its file is damaged: ${damaged}`,
  ];
}

function resolutionNote({ resolution }: SubmissionRow): string | undefined {
  return resolution === null ? undefined : resolved[resolution];
}

const mayBeCharged = 'may have been charged';
/** A request with its job named by a person needs no note. */
const resolved: Readonly<Record<NonNullable<SubmissionRow['resolution']>, string | undefined>> = {
  job: undefined,
  again: `sent again by a person, ${mayBeCharged}`,
  skip: `skipped by a person, ${mayBeCharged}`,
  resubmit: `sent again by onAmbiguous, ${mayBeCharged}`,
};
const unsettled: Readonly<Partial<Record<SubmissionState, string>>> = {
  ambiguous: 'sent, no answer; it is being looked for',
  parked: 'sent, no answer; a person decides',
  stalled: 'no end is known; a person decides',
};
