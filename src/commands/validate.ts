import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { Command } from 'commander';
import { formatProblems } from '../batch/file/report-problems.ts';
import { loadAccounts } from '../config/accounts.ts';
import { settingsName } from '../config/settings-file.ts';
import { UserError } from '../errors.ts';
import { asUserError } from '../system-errors.ts';
import type { ValidateDocument } from './json/errors.ts';
import { InvalidBatch, type LoadedBatch } from './project/batch-file.ts';
import { checkQuietly } from './project/informed-batch.ts';
import type { Terminal } from '../terminal.ts';

export function validateCommand(terminal: Terminal): Command {
  return new Command('validate')
    .description('check batch files: show every mistake with its line; send nothing')
    .argument('<file...>', 'batch files; shotlist.yaml is checked as settings')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  shotlist validate batches/*.yaml')
    .action(async (files: string[], options: { json?: boolean }) => {
      const batches = new Map<string, LoadedBatch>();
      const settings: string[] = [];
      const failures = new Map<string, UserError>();
      for (const file of files)
        try {
          const path = resolve(terminal.folder, file);
          if (isSettings(path)) {
            loadAccounts(terminal.environment, path);
            settings.push(file);
          } else batches.set(file, await checkQuietly(terminal, file));
        } catch (thrown) {
          const error = asUserError(thrown);
          if (!(error instanceof UserError)) throw error;
          failures.set(file, error);
        }
      if (!options.json) print(terminal, batches, settings);
      const [only] = failures.values();
      if (only) throw files.length === 1 ? only : InvalidBatch.ofAll(failures);
      if (options.json) terminal.print(JSON.stringify(documentOf(batches, settings)));
    });
}

function isSettings(path: string): boolean {
  return basename(path) === settingsName && (statSync(path, quiet)?.isFile() ?? false);
}
const quiet = { throwIfNoEntry: false } as const;

function documentOf(
  batches: ReadonlyMap<string, LoadedBatch>,
  settings: readonly string[],
): ValidateDocument {
  return {
    errors: [],
    batches: [...batches].map(([file, { document, notes }]) => ({
      file,
      batch: document.batch,
      steps: document.steps.length,
      notes: notes.map(({ place, message }) => ({ line: place.line, message })),
    })),
    ...(settings.length > 0 && { settings: [...settings] }),
  };
}

function print(
  terminal: Terminal,
  batches: ReadonlyMap<string, LoadedBatch>,
  settings: readonly string[],
): void {
  for (const [file, { document, notes }] of batches) {
    if (notes.length > 0) terminal.say(formatProblems(notes, () => undefined));
    const { length } = document.steps;
    terminal.print(`${file}: ${document.batch} is valid, ${length} step${length === 1 ? '' : 's'}`);
  }
  for (const file of settings) terminal.print(`${file}: valid settings, not a batch`);
}
