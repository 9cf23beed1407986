import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { type Config, loadConfig } from '../config/config.ts';
import { UserError } from '../errors.ts';
import { backUp } from '../ledger/sqlite/backup.ts';
import { realPath } from '../config/project-folder.ts';
import { readSettings, settingsName } from '../config/settings-file.ts';
import { shellQuoted } from '../shell-quoted.ts';
import type { Terminal } from '../terminal.ts';
import type { BackupDocument } from './json/ledger-file.ts';
import { hasLedger, openProject } from './project/project.ts';
import { backupJson, backupTexts } from './text/backup.ts';

export function backupCommand(terminal: Terminal): Command {
  return new Command('backup')
    .description('copy the ledger and shotlist.yaml into one file, also while batches run')
    .argument('<file>', 'where to write it')
    .option('--force', 'replace an existing file')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nThe backup holds every request so far. It holds no keys, images or videos.\n\n' +
        'Example:\n  shotlist backup spring-2026-03-01.shotlist',
    )
    .action(async (file: string, options: { force?: boolean; json?: boolean }) => {
      const config = loadConfig(terminal.environment, terminal.folder);
      const target = resolve(terminal.folder, file);
      checkTarget(config, target, file, options.force ?? false);
      if (!hasLedger(config))
        throw new UserError(`there is no ledger in ${config.home}`, {
          next: ['go to the folder of the project: it has .shotlist/'],
        });
      // Migrates the ledger to this version of the program and detects gaps.
      await (await openProject(terminal, config))[Symbol.asyncDispose]();
      const facts = await backUp({
        ledgerPath: config.ledgerPath,
        target,
        settings: settingsOf(config),
        now: Date.now,
      });
      if (options.json) {
        const { settings } = facts;
        const document = { file: target, ...backupJson(facts), settings: settings !== null };
        terminal.print(JSON.stringify(document satisfies BackupDocument));
        return;
      }
      terminal.print([`wrote ${file}`, ...backupTexts(facts)].join('\n'));
      terminal.say(`put it back with: shotlist restore ${shellQuoted(file)}`);
    });
}

function checkTarget(config: Config, target: string, file: string, force: boolean): void {
  const own = [config.ledgerPath, `${config.ledgerPath}-wal`, `${config.ledgerPath}-shm`];
  if (own.some((path) => realPath(path) === realPath(target)))
    throw new UserError(`${file} is the ledger itself`, { next: ['give another file'] });
  const folder = dirname(target);
  // A folder that is made for a mistyped path is not found again.
  if (!existsSync(folder))
    throw new UserError(`there is no folder ${folder}`, {
      next: [`make it: mkdir -p ${shellQuoted(folder)}`],
    });
  if (!existsSync(target)) return;
  if (!statSync(target).isFile()) throw new UserError(`${file} is not a file`);
  if (!force)
    throw new UserError(`${file} already exists; nothing was changed`, {
      next: ['give another name, or replace it with --force'],
    });
}

/** Minimum length of a key to redact: a shorter one may occur in any text. */
const keyLengthMin = 8;

/**
 * Reads the settings with known keys redacted. Keys belong in variables, but a person may have
 * written one into the file.
 */
function settingsOf(config: Config): string | null {
  const text = readSettings(join(config.home, settingsName));
  if (text === undefined) return null;
  const secrets = [...config.accounts.values()].flatMap(({ apiKey, referenceHost }) => [
    apiKey,
    ...(referenceHost?.kind === 's3'
      ? [referenceHost.credentials?.secretAccessKey, referenceHost.credentials?.sessionToken]
      : []),
  ]);
  return secrets.reduce<string>(
    (kept, secret) =>
      secret && secret.length >= keyLengthMin ? kept.replaceAll(secret, '[key]') : kept,
    text,
  );
}
