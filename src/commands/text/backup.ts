import { accountName } from '../../batch/ids.ts';
import type { BackupFacts } from '../../ledger/sqlite/backup.ts';
import { decimalFromAmount, formatAmount } from '../../money.ts';
import type { BackupDocument } from '../json/ledger-file.ts';
import { timeText } from './gaps.ts';

const batchesShown = 20;

/** The contents of a backup, one fact per line. */
export function backupTexts({ madeAt, batches, requests, money, settings }: BackupFacts): string[] {
  const shown = batches.slice(0, batchesShown).map(({ batch, state }) => `${batch} (${state})`);
  const rest = batches.length > batchesShown ? [`and ${batches.length - batchesShown} more`] : [];
  return [
    `  made       ${timeText(madeAt)}`,
    `  batches    ${batches.length}${batches.length > 0 ? ': ' : ''}${[...shown, ...rest].join(', ')}`,
    `  requests   ${requests}`,
    ...money.map(({ account, unit, spent, reserved }) => {
      const held = reserved > 0 ? `, ${formatAmount(reserved, unit)} reserved` : '';
      return `  money      ${formatAmount(spent, unit)} spent at ${accountName(account)}${held}`;
    }),
    `  settings   ${settings === null ? 'none' : 'shotlist.yaml'}`,
  ];
}

/** The facts that `backup` and `restore` share. */
export function backupJson(facts: BackupFacts): Omit<BackupDocument, 'file' | 'settings'> {
  const { ledger, madeAt, batches, requests, money } = facts;
  return {
    ledger,
    madeAt: new Date(madeAt).toISOString(),
    batches,
    requests,
    money: money.map(({ account, unit, spent, reserved }) => ({
      account: accountName(account),
      unit,
      spent: decimalFromAmount(spent, unit),
      reserved: decimalFromAmount(reserved, unit),
    })),
  };
}
