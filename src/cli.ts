import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { InvalidBatch } from './commands/batch-file.ts';
import { doctorCommand } from './commands/doctor.ts';
import { initCommand } from './commands/init.ts';
import { openCommand } from './commands/open.ts';
import { planCommand } from './commands/plan.ts';
import { receiptCommand } from './commands/receipt.ts';
import { runCommand } from './commands/run.ts';
import { simulateCommand } from './commands/simulate.ts';
import { statusCommand } from './commands/status.ts';
import { steeringCommands } from './commands/steer.ts';
import type { ExitCode } from './commands/summary.ts';
import { processTerminal, type Terminal } from './commands/terminal.ts';
import { validateCommand } from './commands/validate.ts';
import { watchCommand } from './commands/watch.ts';
import { workerCommand } from './commands/worker.ts';
import { UserError } from './errors.ts';

/** Runs one command line. @returns the process's exit code */
export async function main(
  argv: readonly string[],
  terminal: Terminal = processTerminal(),
): Promise<number> {
  let code: number = 0;
  const program = createProgram(terminal, (given) => (code = given));
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return report(error, terminal, argv.includes('--json'));
  }
}

/** The whole command line; docs/cli.md is made from its help. */
export function createProgram(terminal: Terminal, exit: (code: ExitCode) => void): Command {
  const program = new Command('shotlist')
    .description('Runs batches of paid image and video generations to the end, and pays once.')
    .version(packageVersion());
  const commands = [
    initCommand(terminal),
    validateCommand(terminal),
    planCommand(terminal),
    runCommand(terminal, exit),
    watchCommand(terminal, exit),
    statusCommand(terminal, exit),
    ...steeringCommands(terminal),
    openCommand(terminal),
    receiptCommand(terminal),
    workerCommand(terminal),
    simulateCommand(terminal),
    doctorCommand(terminal, exit),
  ];
  for (const command of [program, ...commands])
    command
      .exitOverride()
      .showHelpAfterError('Try --help.')
      .configureOutput({
        writeOut: (text) => terminal.print(text.trimEnd()),
        writeErr: (text) => terminal.say(text.trimEnd()),
      });
  for (const command of commands) program.addCommand(command);
  return program;
}

function report(error: unknown, terminal: Terminal, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof InvalidBatch) {
    if (json) terminal.print(JSON.stringify(error));
    else terminal.say(error.message);
    return error.exitCode;
  }
  if (error instanceof UserError) {
    if (json) terminal.print(JSON.stringify({ error: error.message, next: error.next }));
    else
      terminal.say(
        [`error: ${error.message}`, ...error.next.map((line) => `  ${line}`)].join('\n'),
      );
    return error.exitCode;
  }
  terminal.say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  terminal.say('This is a bug in Shotlist; nothing that was paid for is lost.');
  return 1;
}

function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
