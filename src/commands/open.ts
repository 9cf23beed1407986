import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Command } from 'commander';
import { Publisher } from './engine/publish.ts';
import { openBatch } from './project/project.ts';
import type { ExitCode } from './text/totals.ts';
import type { Terminal } from '../terminal.ts';

const openers: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

export function openCommand(terminal: Terminal, exit: (code: ExitCode) => void): Command {
  return new Command('open')
    .description('write the files and the contact sheet again, and open the sheet in the browser')
    .argument('<batch>', 'name of a batch, or its file')
    .option('--no-browser', 'only write it and print its path')
    .addHelpText('after', '\nExample:\n  shotlist open spring-lookbook')
    .action(async (name: string, options: { browser: boolean }) => {
      const { project, row } = await openBatch(terminal, name);
      await using _ = project;
      const { problems, fetchedAgain } = await new Publisher(
        project,
        row.batch,
        terminal,
      ).publish();
      if (fetchedAgain.length > 0)
        terminal.say(`fetch it: shotlist collect ${project.argumentFor(row)}`);
      const sheet = join(project.outFolder, row.batch, 'index.html');
      terminal.print(sheet);
      if (options.browser) await openInBrowser(sheet);
      if (problems.length + fetchedAgain.length > 0) exit(4);
    });
}

/** Best effort: the path is already printed, so no browser is required. */
async function openInBrowser(path: string): Promise<void> {
  const [program = 'xdg-open', ...args] = openers[process.platform] ?? ['xdg-open'];
  await new Promise<void>((resolve) => {
    const child = spawn(program, [...args, path], { detached: true, stdio: 'ignore' });
    child.once('error', () => resolve());
    child.once('spawn', () => {
      child.unref();
      resolve();
    });
  });
}
