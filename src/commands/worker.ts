import { Command } from 'commander';
import { noKey } from '../accounts/provider.ts';
import { type Config, loadConfig } from '../config/config.ts';
import { UserError } from '../errors.ts';
import { applySettings, openProject, ownBatches } from './project/project.ts';
import { openSession } from './engine/session.ts';
import type { Terminal } from '../terminal.ts';

const roles = ['common', 'accounts'] as const;
type Role = (typeof roles)[number];

export function workerCommand(terminal: Terminal): Command {
  return new Command('worker')
    .description(
      'run workflows and serve accounts until stopped; by default, one process serves all',
    )
    .option('--accounts <names>', 'serve these accounts only, separated by commas')
    .option('--roles <roles>', 'common (workflows), accounts (vendors), or both', 'common,accounts')
    .addHelpText(
      'after',
      '\nExamples:\n  shotlist worker\n  shotlist worker --accounts acme,zenith --roles accounts',
    )
    .action(async (options: { accounts?: string; roles: string }) => {
      const config = loadConfig(terminal.environment, terminal.folder);
      checkKeys(config, options.accounts ? words(options.accounts) : undefined);
      await using project = await openProject(terminal, config);
      await applySettings(project, await ownBatches(project));
      using interrupt = terminal.interrupted();
      const session = await openSession(project, {
        role: 'worker',
        worker: true,
        ...(options.accounts && { accounts: words(options.accounts) }),
        roles: words(options.roles).map(roleNamed),
        say: (line) => terminal.say(line),
        interrupt,
      });
      try {
        terminal.say(`worker ${process.pid} serves ${config.home} at ${session.temporal.address}`);
        await Promise.race([interrupt.promise, session.failed]);
        terminal.say('stopping; requests under way end first');
      } finally {
        await session.close();
      }
    });
}

/**
 * Checks keys before a server is started. Every named account must exist and have a usable key.
 * Without names, every key that is set must be one that can be sent.
 */
function checkKeys({ accounts }: Config, named: readonly string[] | undefined): void {
  for (const name of named ?? [])
    if (!accounts.has(name))
      throw new UserError(`there is no account named ${name}`, {
        next: [`accounts here: ${[...accounts.keys()].join(', ')}`],
      });
  for (const account of accounts.values()) {
    const mustHaveOne = named?.includes(account.name) ?? account.keyProblem?.isSet ?? false;
    if (mustHaveOne && account.apiKey === undefined) throw noKey(account);
  }
}

function words(text: string): string[] {
  return text.split(',').map((word) => word.trim());
}

function roleNamed(word: string): Role {
  const role = roles.find((each) => each === word);
  if (!role) throw new UserError(`there is no role ${word}: use ${roles.join(' or ')}`);
  return role;
}
