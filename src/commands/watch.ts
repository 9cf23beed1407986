import { Command } from 'commander';
import type { BatchRow } from '../ledger/port.ts';
import { collectBatch, isEnded } from './engine/collect-batch.ts';
import { driveToEnd } from './engine/drive.ts';
import { exitCodeWith, statusOf } from './engine/follow.ts';
import { canCollect, leftWork, unservedAccounts, unservedText } from './engine/left-work.ts';
import { Publisher } from './engine/publish.ts';
import { printStatus } from './text/print-status.ts';
import { openBatch, type Project } from './project/project.ts';
import { openSession, type Session, startBatch } from './engine/session.ts';
import type { ExitCode } from './text/totals.ts';
import type { Interrupt, Terminal } from '../terminal.ts';

export function watchCommand(terminal: Terminal, exit: (code: ExitCode) => void): Command {
  return new Command('watch')
    .description('continue a started batch and show its progress; collect its paid files')
    .argument('<batch>', 'name of a batch, or its file')
    .option('--json', 'print one JSON document at the end; progress goes to standard error')
    .addHelpText('after', '\nExample:\n  shotlist watch spring-lookbook')
    .action(async (name: string, options: { json?: boolean }) => {
      const { project, row } = await openBatch(terminal, name);
      await using _ = project;
      using interrupt = terminal.interrupted();
      const { status, exitCode, published } = isEnded(row)
        ? await collectEnded(terminal, interrupt, project, row)
        : await inSession(terminal, interrupt, project, async (session) => {
            await startBatch(session, row, project.ledger);
            return await driveToEnd(terminal, project, session, row, {
              interrupt,
            });
          });
      await printStatus(terminal, project, status, options, published.problems);
      exit(exitCode);
    });
}

/** Collects an ended batch. Opens a session only when something is left to fetch. */
async function collectEnded(
  terminal: Terminal,
  interrupt: Interrupt,
  project: Project,
  row: BatchRow,
) {
  const publisher = new Publisher(project, row.batch, terminal);
  let published = await publisher.publish();
  if (await canCollect(project, row.batch))
    published = await inSession(terminal, interrupt, project, (session) =>
      collectBatch(interrupt, project, session, row, publisher),
    );
  const { unserved } = await leftWork(project, row.batch);
  for (const missing of unservedAccounts(project, row, unserved))
    terminal.say(`${row.batch}: ${unservedText(missing)}`);
  const status = await statusOf(project, row.batch);
  return { status, published, exitCode: exitCodeWith(status, published) };
}

async function inSession<Result>(
  terminal: Terminal,
  interrupt: Interrupt,
  project: Project,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const session = await openSession(project, {
    role: 'watch',
    worker: project.config.temporal.address === undefined,
    say: (line) => terminal.say(line),
    interrupt,
  });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
