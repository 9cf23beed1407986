import type { SubmissionRow } from '../ledger/port.ts';

/** `2 of 3 files`, when fewer files came than were ordered. Undefined when all came. */
export function partialText({
  outputs,
  undelivered,
}: Pick<SubmissionRow, 'undelivered'> & {
  readonly outputs: readonly unknown[];
}): string | undefined {
  if (undelivered === 0) return undefined;
  return `${outputs.length} of ${outputs.length + undelivered} files`;
}
