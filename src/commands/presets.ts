import { Command } from 'commander';
import { loadConfig } from '../config/config.ts';
import type { PresetsDocument } from './json/presets.ts';
import { alignColumns } from './text/table.ts';
import { accountOf, asked, connect, noSuchCall, unreadText } from './vendor/vendor-call.ts';
import type { Terminal } from '../terminal.ts';

export function presetsCommand(terminal: Terminal): Command {
  return new Command('presets')
    .description('list the presets of an account at its vendor, for the options of a model')
    .argument('<account>', 'name of an account, such as acme')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      [
        '\nAn option of a model takes the id: `shotlist models ACCOUNT MODEL` names the option.',
        '\nExamples:\n  shotlist presets acme\n  shotlist presets acme --json',
      ].join('\n'),
    )
    .action((account: string, options: { json?: boolean }) =>
      showPresets(terminal, account, options.json ?? false),
    );
}

async function showPresets(terminal: Terminal, name: string, json: boolean): Promise<void> {
  const account = accountOf(loadConfig(terminal.environment, terminal.folder), name);
  const provider = connect(account);
  const { presets } = provider;
  if (!presets) throw noSuchCall(account, `${account.vendor.title} has no call that lists presets`);
  const { entries, unreadable } = await asked(provider, () => presets.call(provider));
  if (unreadable > 0) terminal.say(unreadText(account, unreadable));
  if (json) {
    const document: PresetsDocument = { account: name, presets: entries, unreadable };
    terminal.print(JSON.stringify(document));
    return;
  }
  const rows = entries.map((preset) => [preset.id, preset.name]);
  if (rows.length > 0) terminal.print(alignColumns([['id', 'name'], ...rows]).join('\n'));
  else terminal.print(`${name} has no presets`);
}
