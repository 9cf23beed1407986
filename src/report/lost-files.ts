import type { ShotRow, SubmissionRow } from '../ledger/port.ts';
import { formatAmount } from '../money.ts';

/** Why a paid shot has no file, and the amount paid. Undefined when nothing was lost. */
export function lostText(
  shot: Pick<ShotRow, 'submissionState' | 'price' | 'outputs' | 'why'>,
  submission?: Pick<SubmissionRow, 'spent'>,
): string | undefined {
  if (shot.submissionState !== 'lost') return undefined;
  const why = shot.outputs.find(({ state }) => state === 'lost')?.why ?? shot.why;
  const paid = submission?.spent ?? shot.price.amount;
  const money = paid === null ? '' : `; paid: ${formatAmount(paid, shot.price.unit)}`;
  return `its file was lost at the vendor${why === null ? '' : ` (${why})`}${money}`;
}
