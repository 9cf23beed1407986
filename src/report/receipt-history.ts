import { accountName } from '../batch/ids.ts';
import type { SubmissionRow } from '../ledger/port.ts';
import { decimalFromAmount } from '../money.ts';
import { decimalOrNull, isoTime } from './sidecar.ts';

/** The history of one submission, in chronological order. */
export interface SubmissionHistory {
  readonly account: string;
  readonly operation: 'generate' | 'train';
  /** When the money for it was reserved. */
  readonly claimed: string | null;
  /** When the vendor's answer with the job's id was recorded. */
  readonly answered: string | null;
  readonly ended: string | null;
  /** The planned price. */
  readonly planned: string | null;
  readonly reserved: string;
  readonly spent: string;
  /** From the job's own answer. */
  readonly billed: string | null;
  /** From the vendor's list of jobs. */
  readonly listed: string | null;
  readonly why: string | null;
  /** `undelivered`: ordered but not delivered. */
  readonly files: {
    readonly saved: number;
    readonly open: number;
    readonly undelivered: number;
  };
  /** Files not fetched so far, and damaged files that are here. Absent when there are none. */
  readonly unfetched?: readonly FileReason[];
  readonly damaged?: readonly FileReason[];
  /** Paid files that the vendor lost. */
  readonly lost: readonly { readonly output: number; readonly why: string | null }[];
}

interface FileReason {
  readonly output: number;
  readonly why: string;
}

export function historyOf(row: SubmissionRow): SubmissionHistory {
  const { unit } = row.price;
  const count = (state: 'saved' | 'ready'): number =>
    row.outputs.filter((output) => output.state === state).length;
  const unfetched = row.outputs.flatMap(({ index, state, why }): FileReason[] =>
    state === 'ready' && why !== null ? [{ output: index, why }] : [],
  );
  const damaged = row.outputs.flatMap(({ index, damaged: why }): FileReason[] =>
    why === null ? [] : [{ output: index, why }],
  );
  return {
    account: accountName(row.account),
    operation: row.operation,
    claimed: isoTime(row.claimedAt),
    answered: isoTime(row.submittedAt),
    ended: isoTime(row.endedAt),
    planned: decimalOrNull(row.price.amount, unit),
    reserved: decimalFromAmount(row.reserved, unit),
    spent: decimalFromAmount(row.spent, unit),
    billed: decimalOrNull(row.billed, unit),
    listed: decimalOrNull(row.listed, unit),
    why: row.why,
    files: { saved: count('saved'), open: count('ready'), undelivered: row.undelivered },
    ...(unfetched.length > 0 && { unfetched }),
    ...(damaged.length > 0 && { damaged }),
    lost: row.outputs
      .filter(({ state }) => state === 'lost')
      .map(({ index, why }) => ({ output: index, why })),
  };
}
