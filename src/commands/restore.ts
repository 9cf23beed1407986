import { writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { type Config, loadConfig } from '../config/config.ts';
import { UserError } from '../errors.ts';
import {
  type BackupFacts,
  claimedSince,
  readBackup,
  restoreBackup,
} from '../ledger/sqlite/backup.ts';
import { openSqliteLedger } from '../ledger/sqlite/index.ts';
import { readSettings, settingsName } from '../config/settings-file.ts';
import { readRecord } from '../temporal/server-record.ts';
import { runningServer } from '../temporal/running-server.ts';
import type { Terminal } from '../terminal.ts';
import { liveSessions } from './engine/live-sessions.ts';
import type { RestoreDocument } from './json/ledger-file.ts';
import { backupJson, backupTexts } from './text/backup.ts';
import { openingTexts, gapWarning, timeText } from './text/gaps.ts';

export function restoreCommand(terminal: Terminal): Command {
  return new Command('restore')
    .description('replace the ledger by a backup; the present ledger is kept beside it')
    .argument('<file>', 'a file that `shotlist backup` wrote')
    .option('-y, --yes', 'restore without asking')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nThe backup does not know requests that were sent after it was made: see docs/backup.md.\n\n' +
        'Example:\n  shotlist restore spring-2026-03-01.shotlist',
    )
    .action(async (file: string, options: { yes?: boolean; json?: boolean }) => {
      const config = loadConfig(terminal.environment, terminal.folder);
      const path = resolve(terminal.folder, file);
      const facts = await readBackup(path);
      await requireQuiet(config);
      if (!options.json)
        for (const line of describe({ file, path, facts }, config)) terminal.say(line);
      await confirm(terminal, config, options.yes ?? false);
      const { ledgerPath } = config;
      const aside = await restoreBackup({ file: path, ledgerPath, now: Date.now });
      const settings = restoreSettings(config, facts.settings);
      await report(terminal, config, { facts, aside, settings, json: options.json ?? false });
    });
}

/** @throws UserError naming the process that uses the project, and the command that ends it */
async function requireQuiet({ stateFolder }: Config): Promise<void> {
  const [session] = await liveSessions(stateFolder);
  if (session)
    throw new UserError(
      `shotlist ${session.role} (process ${session.pid}) works on this project; nothing was changed`,
      { next: [`stop it first: kill -INT ${session.pid}`] },
    );
  if (runningServer(stateFolder) === undefined) return;
  const { pid } = readRecord(stateFolder) ?? {};
  throw new UserError(
    `the Temporal server of this project still runs (process ${pid}); nothing was changed`,
    { next: [`stop it first: kill ${pid}`] },
  );
}

function describe(
  { file, path, facts }: { file: string; path: string; facts: BackupFacts },
  { ledgerPath, home }: Config,
): string[] {
  const since = claimedSince(ledgerPath, path);
  const lost =
    since === undefined || since === 0
      ? []
      : [
          `The present ledger knows ${since} request${since === 1 ? '' : 's'} that the backup does ` +
            'not; restoring forgets these requests and their results.',
        ];
  return [`${file}, to be restored in ${home}:`, ...backupTexts(facts), ...lost];
}

async function confirm(terminal: Terminal, { ledgerPath }: Config, yes: boolean): Promise<void> {
  if (yes) return;
  if (!terminal.isInteractive)
    throw new UserError(
      'replacing the ledger needs a confirmation, and there is no terminal to ask on',
      {
        next: ['confirm with --yes'],
      },
    );
  const answer = await terminal.ask(`Replace ${ledgerPath} by it?  [y/N]`);
  if (!/^y(es)?$/i.test(answer)) throw new UserError('nothing was changed', { exitCode: 4 });
}

type SettingsOutcome = RestoreDocument['settings'];

/** Keeps existing settings. Writes the backup's settings when there are none. */
function restoreSettings({ home }: Config, kept: string | null): SettingsOutcome {
  if (kept === null) return { state: 'none', differences: [] };
  const file = join(home, settingsName);
  const present = readSettings(file);
  if (present === undefined) {
    writeFileSync(file, kept, { flag: 'wx' });
    return { state: 'written', differences: [] };
  }
  if (present === kept) return { state: 'same', differences: [] };
  return { state: 'differs', differences: differencesOf(kept, present) };
}

const differencesShown = 20;

function differencesOf(before: string, after: string): string[] {
  const [old, now] = [before, after].map((text) => text.split(/\r?\n/));
  const lines = [
    ...(old ?? []).filter((line) => !now?.includes(line)).map((line) => `- ${line}`),
    ...(now ?? []).filter((line) => !old?.includes(line)).map((line) => `+ ${line}`),
  ];
  const more =
    lines.length > differencesShown ? [`and ${lines.length - differencesShown} more`] : [];
  return [...lines.slice(0, differencesShown), ...more];
}

async function report(
  terminal: Terminal,
  config: Config,
  outcome: {
    facts: BackupFacts;
    aside: string | undefined;
    settings: SettingsOutcome;
    json: boolean;
  },
): Promise<void> {
  const { facts, aside, settings, json } = outcome;
  const ledger = await openSqliteLedger({ path: config.ledgerPath });
  const copy = openingTexts({ found: [], copyOf: ledger.gaps.copyOf });
  const gaps = await ledger.gaps.list();
  await ledger.close();
  if (json) {
    const open = gaps.map(({ from, to, why }) => ({
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      why,
    }));
    const { state, differences } = settings;
    const document = {
      ...backupJson(facts),
      settings: { state, differences },
      aside,
      gaps: open,
    };
    terminal.print(JSON.stringify(document satisfies RestoreDocument));
    return;
  }
  terminal.print(`restored the ledger of ${timeText(facts.madeAt)}`);
  if (aside !== undefined) terminal.print(`  before     ${relative(terminal.folder, aside)}`);
  if (settings.state === 'written') terminal.print('  settings   shotlist.yaml was written');
  if (settings.state === 'differs') {
    terminal.print('  settings   shotlist.yaml stays; the backup has other lines (-):');
    for (const line of settings.differences) terminal.print(`    ${line}`);
  }
  for (const line of [...copy, ...gaps.map(gapWarning)]) terminal.say(line);
}
