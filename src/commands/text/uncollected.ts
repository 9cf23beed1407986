import { accountName } from '../../batch/ids.ts';
import type { Uncollected } from '../../ledger/port.ts';
import type { UncollectedEntry } from '../json/steering.ts';
import { decimalFromAmount, formatAmount } from '../../money.ts';

/** Paid work that is not on disk, one line per account: `3 jobs and 1 file at acme, 40 credits`. */
export function uncollectedTexts(left: readonly Uncollected[]): string[] {
  return left.map(({ account, unit, jobs, files, amount }) => {
    const parts = [counted(jobs, 'job'), counted(files, 'file')].filter((part) => part !== '');
    return `${parts.join(' and ')} at ${accountName(account)}, ${formatAmount(amount, unit)}`;
  });
}

export function uncollectedJson(left: readonly Uncollected[]): UncollectedEntry[] {
  return left.map(({ account, unit, jobs, files, amount }) => ({
    account: accountName(account),
    unit,
    jobs,
    files,
    amount: decimalFromAmount(amount, unit),
  }));
}

function counted(count: number, word: string): string {
  return count === 0 ? '' : `${count} ${word}${count === 1 ? '' : 's'}`;
}
