import { Command } from 'commander';
import { formatProblems } from '../batch/report-problems.ts';
import { loadBatch } from './batch-file.ts';
import type { Terminal } from './terminal.ts';

export function validateCommand(terminal: Terminal): Command {
  return new Command('validate')
    .description('check batch files: every mistake at its line; nothing is sent')
    .argument('<file...>', 'batch files')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  shotlist validate batches/*.yaml')
    .action((files: string[], options: { json?: boolean }) => {
      const loaded = files.map((file) => ({ file, ...loadBatch(terminal, file) }));
      if (options.json) {
        terminal.print(JSON.stringify({ errors: [] }));
        return;
      }
      for (const { file, document, notes } of loaded) {
        if (notes.length > 0) terminal.say(formatProblems(notes, () => undefined));
        terminal.print(`${file}: ${document.batch} is valid, ${document.steps.length} steps`);
      }
    });
}
