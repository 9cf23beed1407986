import type { SubmissionRow, SubmissionState } from '../ledger/port.ts';
import { type Amount, formatAmount } from '../money.ts';

/** What of a submission needs a look, in plain words; undefined: nothing does. */
export function noteOf(row: SubmissionRow): string | undefined {
  const over = billedAbove(row);
  const notes = [
    row.surplus ? 'its job came late: counted and collected' : resolutionNote(row),
    unsettled[row.state],
    row.refund === 'owed' ? 'refund owed' : undefined,
    over > 0 ? `billed ${formatAmount(over, row.price.unit)} above its price` : undefined,
  ].filter((note) => note !== undefined);
  return notes.length === 0 ? undefined : notes.join('; ');
}

/** How much of the bill nobody had reserved. */
export function billedAbove({ billed, price }: SubmissionRow): Amount {
  return billed === null || price.amount === null ? 0 : Math.max(0, billed - price.amount);
}

function resolutionNote({ resolution }: SubmissionRow): string | undefined {
  return resolution === null ? undefined : resolved[resolution];
}

const mayBeCharged = 'may have been charged';
/** A request whose job a person has named is one like any other. */
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
  lost: 'paid, but its file is gone',
};
