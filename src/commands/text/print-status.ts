import type { BatchStatus } from '../../ledger/port.ts';
import type { Project } from '../project/project.ts';
import { formatSummary, statusJson } from './summary.ts';
import type { Terminal } from '../../terminal.ts';
import { troublesOf } from './troubles.ts';

/** How a batch stands, with its troubles and what is left to collect; or the JSON that others rely on. */
export async function printStatus(
  terminal: Terminal,
  { outFolder, ledger: { reports } }: Project,
  status: BatchStatus,
  options: { readonly json?: boolean },
): Promise<void> {
  const notes = await reports.fileNotes(status.row.batch);
  if (options.json) return terminal.print(JSON.stringify(statusJson(status, outFolder, notes)));
  const troubles = await troublesOf(reports, status);
  const left = await reports.uncollected(status.row.batch);
  terminal.print(formatSummary(status, outFolder, { troubles, left, notes }));
}
