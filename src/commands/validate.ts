import { Command } from 'commander';
import { formatProblems } from '../batch/file/report-problems.ts';
import type { ValidateDocument } from './json/errors.ts';
import { checkQuietly } from './project/informed-batch.ts';
import type { Terminal } from '../terminal.ts';

export function validateCommand(terminal: Terminal): Command {
  return new Command('validate')
    .description('check batch files: show every mistake with its line; send nothing')
    .argument('<file...>', 'batch files')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  shotlist validate batches/*.yaml')
    .action(async (files: string[], options: { json?: boolean }) => {
      const loaded = [];
      for (const file of files) loaded.push({ file, ...(await checkQuietly(terminal, file)) });
      if (options.json) {
        const batches = loaded.map(({ file, document, notes }) => ({
          file,
          batch: document.batch,
          steps: document.steps.length,
          notes: notes.map(({ place, message }) => ({ line: place.line, message })),
        }));
        terminal.print(JSON.stringify({ errors: [], batches } satisfies ValidateDocument));
        return;
      }
      for (const { file, document, notes } of loaded) {
        if (notes.length > 0) terminal.say(formatProblems(notes, () => undefined));
        const { length } = document.steps;
        terminal.print(
          `${file}: ${document.batch} is valid, ${length} step${length === 1 ? '' : 's'}`,
        );
      }
    });
}
