import type { BatchStatus } from '../../ledger/port.ts';
import type { OutProblem } from '../../report/place-files.ts';
import type { StatusDocument } from '../json/status.ts';
import type { Project } from '../project/project.ts';
import { formatSummary, statusJson } from './summary.ts';
import type { Terminal } from '../../terminal.ts';
import { problemsOf } from './problems.ts';
import { neededCaps } from './needed-caps.ts';
import { shownWaits } from './waits.ts';

/**
 * Prints the state of a batch, its problems and its uncollected work. With `--json`, prints the
 * JSON that scripts rely on.
 */
export async function printStatus(
  terminal: Terminal,
  project: Project,
  status: BatchStatus,
  options: { readonly json?: boolean; readonly live?: boolean | null },
  unwritten: readonly OutProblem[] = [],
): Promise<void> {
  const { reports } = project.ledger;
  const { batch } = status.row;
  const notes = await reports.fileNotes(batch);
  const waits = shownWaits(await reports.waits(batch), project.config.accounts);
  const problems = await problemsOf(reports, status);
  const left = await reports.uncollected(batch);
  const caps = await neededCaps(reports, status);
  const { live } = options;
  const known = { problems, left, notes, waits, caps, ...(live !== undefined && { live }) };
  if (options.json) {
    const document = statusJson(status, project, known);
    return terminal.print(
      JSON.stringify(
        unwritten.length === 0 ? document : ({ ...document, unwritten } satisfies StatusDocument),
      ),
    );
  }
  terminal.print(formatSummary(status, project, known));
}
