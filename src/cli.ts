import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import type { ExitCode } from './commands/text/totals.ts';
import { processTerminal, type Terminal, withInertText } from './terminal.ts';
import { UserError } from './errors.ts';
import { asUserError } from './system-errors.ts';

/** Runs one command line. @returns the process's exit code */
export async function main(
  argv: readonly string[],
  given: Terminal = processTerminal(),
): Promise<number> {
  const terminal = withInertText(given);
  let code: number = 0;
  const exit = (chosen: ExitCode) => (code = chosen);
  try {
    const program = await createProgram(terminal, exit, argv[0]);
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return report(error, terminal, argv.includes('--json'));
  }
}

type Exit = (code: ExitCode) => void;
type Loaded = Promise<Command>;

/** In the order of the help. Each loads only its own modules, so that `status` does not load a worker. */
const commands: Readonly<Record<string, (terminal: Terminal, exit: Exit) => Loaded>> = {
  init: async (terminal) => (await import('./commands/init.ts')).initCommand(terminal),
  validate: async (terminal) => (await import('./commands/validate.ts')).validateCommand(terminal),
  plan: async (terminal) => (await import('./commands/plan.ts')).planCommand(terminal),
  run: async (terminal, exit) => (await import('./commands/run.ts')).runCommand(terminal, exit),
  watch: async (terminal, exit) =>
    (await import('./commands/watch.ts')).watchCommand(terminal, exit),
  status: async (terminal, exit) =>
    (await import('./commands/status.ts')).statusCommand(terminal, exit),
  pause: async (terminal) => (await import('./commands/steer.ts')).steerCommand(terminal, 'pause'),
  resume: async (terminal) =>
    (await import('./commands/steer.ts')).steerCommand(terminal, 'resume'),
  cancel: async (terminal) =>
    (await import('./commands/steer.ts')).steerCommand(terminal, 'cancel'),
  resolve: async (terminal) => (await import('./commands/resolve.ts')).resolveCommand(terminal),
  budget: async (terminal) => (await import('./commands/budget.ts')).budgetCommand(terminal),
  collect: async (terminal, exit) =>
    (await import('./commands/collect.ts')).collectCommand(terminal, exit),
  open: async (terminal, exit) => (await import('./commands/open.ts')).openCommand(terminal, exit),
  receipt: async (terminal) => (await import('./commands/receipt.ts')).receiptCommand(terminal),
  accounts: async (terminal) => (await import('./commands/accounts.ts')).accountsCommand(terminal),
  models: async (terminal) => (await import('./commands/models.ts')).modelsCommand(terminal),
  presets: async (terminal) => (await import('./commands/presets.ts')).presetsCommand(terminal),
  uploads: async (terminal) => (await import('./commands/uploads.ts')).uploadsCommand(terminal),
  trained: async (terminal) => (await import('./commands/trained.ts')).trainedCommand(terminal),
  backup: async (terminal) => (await import('./commands/backup.ts')).backupCommand(terminal),
  restore: async (terminal) => (await import('./commands/restore.ts')).restoreCommand(terminal),
  gaps: async (terminal) => (await import('./commands/gaps.ts')).gapsCommand(terminal),
  worker: async (terminal) => (await import('./commands/worker.ts')).workerCommand(terminal),
  simulate: async (terminal) => (await import('./commands/simulate.ts')).simulateCommand(terminal),
  doctor: async (terminal, exit) =>
    (await import('./commands/doctor.ts')).doctorCommand(terminal, exit),
};

/**
 * The command line; docs/cli.md is generated from its help.
 * @param only the one command to load, if it exists; otherwise all are loaded
 */
export async function createProgram(
  terminal: Terminal,
  exit: Exit,
  only?: string,
): Promise<Command> {
  const program = new Command('shotlist')
    .description('Runs batches of paid image and video generations to the end, and pays once.')
    .version(packageVersion());
  const one = only !== undefined && Object.hasOwn(commands, only) ? commands[only] : undefined;
  const needed = one ? [one] : only === '--version' ? [] : Object.values(commands);
  const loaded = await Promise.all(needed.map((load) => load(terminal, exit)));
  for (const command of [program, ...loaded])
    command
      .exitOverride()
      .showHelpAfterError('Try --help.')
      .configureOutput({
        writeOut: (text) => terminal.print(text.trimEnd()),
        writeErr: (text) => terminal.say(text.trimEnd()),
      });
  for (const command of loaded) program.addCommand(command);
  return program;
}

function report(thrown: unknown, terminal: Terminal, json: boolean): number {
  const error = asUserError(thrown);
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UserError) {
    if (json) terminal.print(JSON.stringify(error));
    else terminal.say(error.toText());
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
