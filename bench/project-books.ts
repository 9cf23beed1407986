import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AccountMoney, ShotRow, SubmissionRow } from '../src/ledger/port.ts';
import { openSqliteLedger } from '../src/ledger/sqlite/index.ts';
import type { ManifestLine } from '../src/report/manifest.ts';

/** What the ledger of a project says of one batch. */
export interface LedgerBook {
  readonly shots: readonly ShotRow[];
  readonly submissions: readonly SubmissionRow[];
  readonly money: readonly AccountMoney[];
}

export function ledgerPath(folder: string): string {
  return join(folder, '.shotlist', 'ledger.db');
}

export async function readLedger(folder: string, batch: string): Promise<LedgerBook> {
  const ledger = await openSqliteLedger({ path: ledgerPath(folder) });
  try {
    const { reports } = ledger;
    return {
      shots: await Array.fromAsync(reports.shots(batch)),
      submissions: await Array.fromAsync(reports.submissions(batch)),
      money: (await reports.status(batch))?.accounts ?? [],
    };
  } finally {
    await ledger.close();
  }
}

/** Lines of the manifest in a batch's folder of out/; none when nothing was written. */
export function manifestOf(root: string): ManifestLine[] {
  const file = join(root, 'manifest.jsonl');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as ManifestLine);
}

export function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
