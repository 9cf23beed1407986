import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { accountName } from '../batch/ids.ts';
import type { AccountMoney, SubmissionRow, SubmissionState } from '../ledger/port.ts';
import { decimalFromAmount, formatAmount } from '../money.ts';
import type { Amount, Unit } from '../money.ts';
import { writeWhole } from '../storage/atomic-file.ts';
import { decimalOrNull } from './sidecar.ts';

/** What a batch cost, as `receipt.json` and `receipt --json` tell it; amounts are decimals in `unit`. */
export interface Receipt {
  readonly batch: string;
  readonly accounts: readonly ReceiptAccount[];
  readonly submissions: readonly ReceiptSubmission[];
}
export interface ReceiptAccount {
  readonly account: string;
  readonly unit: Unit;
  readonly planned: string;
  readonly reserved: string;
  readonly spent: string;
  readonly refunded: string;
  /** Promised back by the vendor, and part of `spent` until it is there. */
  readonly promised: string;
  readonly ambiguous: string;
}
export interface ReceiptSubmission {
  readonly key: string;
  readonly attempt: number;
  readonly state: SubmissionState;
  /** Null for a training, and while no id is known. */
  readonly jobId: string | null;
  readonly price: string | null;
  /** What became of money that the vendor promised back: `owed`, `back` or `kept`. */
  readonly refund?: 'owed' | 'back' | 'kept';
}

export function receiptOf(
  batch: string,
  accounts: readonly AccountMoney[],
  submissions: readonly SubmissionRow[],
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
        ambiguous: decimal(money.ambiguous),
      };
    }),
    submissions: submissions.map((row) => ({
      key: row.key,
      attempt: row.attempt,
      state: row.state,
      jobId: row.operation === 'train' ? null : row.jobId,
      price: decimalOrNull(row.billed ?? row.price.amount, row.price.unit),
      ...(row.refund !== null && { refund: row.refund }),
    })),
  };
}

export async function writeReceipt(path: string, receipt: Receipt): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, [`${JSON.stringify(receipt, null, 2)}\n`]);
}

/** The same for a terminal: money per account, then what needs a look. */
export function formatReceipt(
  batch: string,
  accounts: readonly AccountMoney[],
  submissions: readonly SubmissionRow[],
): string {
  // Few vendors promise money back, so its column is there only when some is owed.
  const owed = accounts.some(({ promised }) => promised > 0);
  const columns = (
    ['planned', 'reserved', 'spent', 'refunded', 'promised', 'ambiguous'] as const
  ).filter((column) => column !== 'promised' || owed);
  const table = [
    ['account', ...columns, ''],
    ...accounts.map((money) => [
      accountName(money.account),
      ...columns.map((column) => formatAmount(money[column], money.unit).split(' ')[0] ?? ''),
      money.unit,
    ]),
  ];
  const counts = new Map<SubmissionState, number>();
  for (const { state } of submissions) counts.set(state, (counts.get(state) ?? 0) + 1);
  const summary = [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
  const lines = [batch, '', ...aligned(table), ''];
  lines.push(`${submissions.length} submissions${summary ? `: ${summary}` : ''}`);
  const open = submissions.filter(({ state, refund }) => doubtful.has(state) || refund === 'owed');
  if (open.length > 0) {
    const rows = open
      .slice(0, 20)
      .map((row) => [
        row.key,
        row.refund === 'owed' ? 'refund owed' : row.state,
        row.jobId ?? 'no job id',
        row.why ?? '',
      ]);
    lines.push('', 'not settled:', ...aligned(rows, false));
    if (open.length > 20) lines.push(`… and ${open.length - 20} more`);
  }
  return `${lines.join('\n')}\n`;
}

const doubtful: ReadonlySet<SubmissionState> = new Set(['ambiguous', 'parked', 'stalled', 'lost']);

/** Columns padded to one width; all but the first and last to the right where they hold numbers. */
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
