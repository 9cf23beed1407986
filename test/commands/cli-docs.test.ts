import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli.ts';
import { processTerminal } from '../../src/terminal.ts';

const file = join(import.meta.dirname, '..', '..', 'docs', 'cli.md');

/** The help as it is printed, at a width that no terminal changes. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    getOutHelpWidth: () => 90,
    getOutHasColors: () => false,
    writeOut: (part) => (text += part),
  });
  command.outputHelp();
  return text.trim();
}

describe('the help of the command line', async () => {
  const program = await createProgram(processTerminal(), () => {});

  it('is what docs/cli.md says; `npx vitest run test/commands -u` writes it again', async () => {
    const sections = program.commands.map(
      (command) => `## ${command.name()}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`,
    );
    const page = [
      '# Commands\n',
      '`npx vitest run test/commands -u` writes this page from the help of each command. Change the help, not this page.\n',
      'With `--json`, standard output holds one [JSON document](reference/json.md) and nothing else. The exit codes:\n',
      '- 0: all shots have outputs.',
      '- 1: a bug, or an unreachable service.',
      '- 2: the input is wrong.',
      '- 3: finished, with shots that failed, are parked or lack files.',
      '- 4: waits for a person.\n',
      `\`\`\`text\n${helpOf(program)}\n\`\`\`\n`,
      ...sections,
    ].join('\n');
    await expect(page).toMatchFileSnapshot(file);
  });

  it('has an example for every command', () => {
    for (const command of program.commands)
      expect(helpOf(command), command.name()).toMatch(
        new RegExp(`Examples?:\n  shotlist ${command.name()}`),
      );
  });
});
