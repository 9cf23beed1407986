import { Command } from 'commander';
import { watchDrivers } from './run/broken-off.ts';
import { collectBatch, hasLeft, isEnded } from './run/collect-batch.ts';
import { followBatch } from './run/follow.ts';
import { printStatus } from './text/print-status.ts';
import { openBatch } from './project/project.ts';
import { openSession, startBatch } from './run/session.ts';
import type { ExitCode } from './text/summary.ts';
import type { Terminal } from '../terminal.ts';

export function watchCommand(terminal: Terminal, exit: (code: ExitCode) => void): Command {
  return new Command('watch')
    .description(
      'go on with a batch that was started, and show it until it ends; collect what it left',
    )
    .argument('<batch>', 'name of a batch, or its file')
    .option('--json', 'print one JSON document at the end')
    .addHelpText('after', '\nExample:\n  shotlist watch spring-lookbook')
    .action(async (name: string, options: { json?: boolean }) => {
      const { project, row } = await openBatch(terminal, name);
      await using _ = project;
      using interrupt = terminal.interrupted();
      const isActive = !isEnded(row);
      const session =
        isActive || (await hasLeft(project, row.batch))
          ? await openSession(project, {
              worker: project.config.temporal.address === undefined,
              say: (line) => terminal.say(line),
              interrupt,
            })
          : undefined;
      try {
        if (session && isActive) await startBatch(session, row, project.ledger.id);
        else if (session) await collectBatch(terminal, interrupt, project, session, row);
        await using drivers =
          session && isActive ? watchDrivers(session, row, project.ledger.id) : undefined;
        const { status, exitCode } = await followBatch(project, {
          batch: row.batch,
          terminal,
          quiet: options.json ?? false,
          interrupt,
          ...(session && { failed: drivers?.failed ?? session.failed }),
        });
        await printStatus(terminal, project, status, options);
        exit(exitCode);
      } finally {
        await session?.close();
      }
    });
}
