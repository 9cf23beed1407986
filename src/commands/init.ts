import { existsSync, writeFileSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { Command } from 'commander';
import { UserError } from '../errors.ts';
import { nothingLearned } from '../providers/port.ts';
import { vendors } from '../providers/registry.ts';
import { shellQuoted } from '../shell-quoted.ts';
import type { Terminal } from '../terminal.ts';

export function initCommand(terminal: Terminal): Command {
  return new Command('init')
    .description('write a small batch file to start from')
    .argument('[file]', 'where to write it', 'batch.yaml')
    .addHelpText('after', '\nExample:\n  shotlist init spring.yaml')
    .action((file: string) => {
      const path = resolve(terminal.folder, file);
      if (extname(path) !== '.yaml') throw new UserError(`${file}: a batch file ends in .yaml`);
      if (existsSync(path)) throw new UserError(`${file} already exists; nothing was changed`);
      const name =
        basename(path, '.yaml')
          .toLowerCase()
          .replace(/[^a-z0-9-]+/g, '-') || 'batch';
      writeFileSync(path, starter(name.slice(0, 63)), { flag: 'wx' });
      terminal.print(`wrote ${file}`);
      terminal.say(`next: shotlist plan ${shellQuoted(file)}\nwithout a key: shotlist simulate`);
    });
}

/** Uses the first vendor's first public image model with a ratio, so the model always exists. */
function starter(name: string): string {
  const [vendor] = vendors;
  const model = vendor
    ?.offer({}, nothingLearned)
    .models.find((each) => each.fields.aspectRatio && each.makes === 'image');
  return `# One shot for every combination of subject and place; \`shotlist plan\` shows them with their price.
batch: ${name}
budget: { ${vendor?.id}: 100 ${vendor?.unit} }     # never spend more than this on the batch

vars:
  style: 35 mm film, soft light

steps:
  images:
    rows:
      - { id: fox, subject: a red fox }
      - { id: hare, subject: a white hare }
    matrix:
      place: [in fresh snow, under the aurora]
    model: ${vendor?.id}:${model?.id}
    prompt: "{{ subject }} {{ place }}, {{ style }}"
    aspectRatio: "1:1"
    name: "{{ id }} {{ place }}"
`;
}
