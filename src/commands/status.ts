import { Command } from 'commander';
import { isLive } from './engine/live-sessions.ts';
import { statusOf } from './engine/follow.ts';
import { printStatus } from './text/print-status.ts';
import { openBatch } from './project/project.ts';
import { exitCodeOf, type ExitCode } from './text/totals.ts';
import type { Terminal } from '../terminal.ts';

export function statusCommand(terminal: Terminal, exit: (code: ExitCode) => void): Command {
  return new Command('status')
    .description('show the state of the last run of a batch; start nothing')
    .argument('<batch>', 'name of a batch, or its file')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  shotlist status spring-lookbook --json')
    .action(async (name: string, options: { json?: boolean }) => {
      const { project, row } = await openBatch(terminal, name);
      await using _ = project;
      const status = await statusOf(project, row.batch);
      const live = await isLive(project.config);
      await printStatus(terminal, project, status, { ...options, live });
      exit(exitCodeOf(status));
    });
}
