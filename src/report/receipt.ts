import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { accountName } from '../batch/ids.ts';
import type { AccountMoney, SubmissionRow, SubmissionState } from '../ledger/port.ts';
import { type Amount, type Unit, decimalFromAmount, formatAmount } from '../money.ts';
import { writeWhole } from '../storage/atomic-file.ts';
import type { Check } from './checks.ts';
import { historyOf, type SubmissionHistory } from './receipt-history.ts';
import { billedAbove, noteOf, refusedText } from './receipt-notes.ts';
import { decimalOrNull } from './sidecar.ts';

/** The cost of a batch, as in `receipt.json` and `receipt --json`. Amounts are decimals in `unit`. */
export interface Receipt {
  readonly batch: string;
  readonly accounts: readonly ReceiptAccount[];
  readonly submissions: readonly ReceiptSubmission[];
  /** The vendors' own numbers, where reported, compared with the sums above. */
  readonly checks: readonly Check[];
}
interface ReceiptAccount {
  readonly account: string;
  readonly unit: Unit;
  readonly planned: string;
  readonly reserved: string;
  readonly spent: string;
  readonly refunded: string;
  /** Refunds promised by the vendor; part of `spent` until they arrive. */
  readonly promised: string;
  /** Part of `spent`: jobs with files lost by the vendor. */
  readonly lost: string;
  readonly ambiguous: string;
  /**
   * Part of `spent`: requests sent again or skipped without an answer. Whether they were charged is
   * not known.
   */
  readonly unproven: string;
}
interface ReceiptSubmission extends SubmissionHistory {
  readonly key: string;
  readonly attempt: number;
  readonly state: SubmissionState;
  /** Null for a training, or while the id is not known. */
  readonly jobId: string | null;
  readonly price: string | null;
  /** State of a promised refund: `owed`, `back` or `kept`. */
  readonly refund?: 'owed' | 'back' | 'kept';
  /** Number of refusals in a row that this entry stands for, each of its own request. Absent for one. */
  readonly refusals?: number;
  /** The decision on a lost answer or a stalled job: `job`, `again`, `skip`, or by `onAmbiguous`. */
  readonly resolution?: 'job' | 'again' | 'skip' | 'resubmit';
  /** Its job id came after the submission was settled. */
  readonly duplicate?: true;
  /** The amount of the bill above the price. */
  readonly overBilled?: string;
}

export function receiptOf(
  batch: string,
  accounts: readonly AccountMoney[],
  submissions: readonly SubmissionRow[],
  checks: readonly Check[] = [],
): Receipt {
  return {
    batch,
    accounts: accounts.map((money) => {
      const decimal = (amount: Amount): string => decimalFromAmount(amount, money.unit);
      return {
        account: accountName(money.account),
        unit: money.unit,
        planned: decimal(money.planned),
        reserved: decimal(money.reserved),
        spent: decimal(money.spent),
        refunded: decimal(money.refunded),
        promised: decimal(money.promised),
        lost: decimal(money.lost),
        ambiguous: decimal(money.ambiguous),
        unproven: decimal(money.unproven),
      };
    }),
    submissions: submissions.map((row) => ({
      key: row.key,
      attempt: row.attempt,
      state: row.state,
      jobId: row.operation === 'train' ? null : row.jobId,
      price: decimalOrNull(row.billed ?? row.price.amount, row.price.unit),
      ...historyOf(row),
      ...(row.refund !== null && { refund: row.refund }),
      ...(row.refusals > 1 && { refusals: row.refusals }),
      ...(row.resolution !== null && { resolution: row.resolution }),
      ...(row.duplicate && { duplicate: true }),
      ...(billedAbove(row) > 0 && {
        overBilled: decimalFromAmount(billedAbove(row), row.price.unit),
      }),
    })),
    checks,
  };
}

export async function writeReceipt(path: string, receipt: Receipt): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, [`${JSON.stringify(receipt, null, 2)}\n`]);
}

/** The receipt for a terminal: money per account, then entries that need attention. */
export function formatReceipt(
  batch: string,
  accounts: readonly AccountMoney[],
  submissions: readonly SubmissionRow[],
  checks: readonly Check[] = [],
): string {
  // Rare columns appear only when an account has a value.
  const seldom = ['promised', 'lost', 'unproven'] as const;
  const none = seldom.filter((column) => accounts.every((money) => money[column] === 0));
  const columns = (
    [
      'planned',
      'reserved',
      'spent',
      'refunded',
      'promised',
      'lost',
      'ambiguous',
      'unproven',
    ] as const
  ).filter((column) => !none.some((empty) => empty === column));
  const table = [
    ['account', ...columns, ''],
    ...accounts.map((money) => [
      accountName(money.account),
      ...columns.map((column) => formatAmount(money[column], money.unit).split(' ')[0] ?? ''),
      money.unit,
    ]),
  ];
  const counts = new Map<SubmissionState, number>();
  for (const { state, refusals } of submissions)
    counts.set(state, (counts.get(state) ?? 0) + refusals);
  const summary = [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
  const lines = [batch, '', ...aligned(table), ''];
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  lines.push(`${total} submissions${summary ? `: ${summary}` : ''}`);
  const noted = submissions.flatMap((row) => {
    if (row.state === 'rejected' && row.refusals > 1) return [[row.key, refusedText(row), '', '']];
    const note = noteOf(row);
    return note === undefined ? [] : [[row.key, note, row.jobId ?? 'no job id', row.why ?? '']];
  });
  if (noted.length > 0) {
    lines.push('', 'worth a look:', ...aligned(noted.slice(0, 20), false));
    if (noted.length > 20) lines.push(`… and ${noted.length - 20} more`);
  }
  if (checks.length > 0) {
    const rows = checks.map(({ account, agrees, text }) => [
      account,
      agrees ? 'agrees' : 'DIFFERS',
      text,
    ]);
    lines.push('', "checked against the vendors' own numbers:", ...aligned(rows, false));
  }
  return `${lines.join('\n')}\n`;
}

/** Pads columns to one width. With `numbers`, right-aligns all but the first and last column. */
function aligned(rows: readonly (readonly string[])[], numbers = true): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        const right = numbers && column > 0 && column < row.length - 1;
        return right ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .replace(/^/, '  ')
      .trimEnd(),
  );
}
