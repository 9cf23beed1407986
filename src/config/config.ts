import { homedir, platform } from 'node:os';
import { join, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { cacheFolder } from '../temporal/find-server.ts';
import { type AccountConfig, loadAccounts } from './accounts.ts';
import type { Environment } from './environment.ts';
import { settingsName } from './settings-file.ts';
import { linkedBatch, projectFolder } from './project-folder.ts';

export interface Config {
  /** The project folder, with `shotlist.yaml`, `.shotlist/` and `out/`. */
  readonly home: string;
  readonly stateFolder: string;
  readonly cacheFolder: string;
  readonly ledgerPath: string;
  readonly blobsFolder: string;
  readonly temporal: {
    readonly address: string | undefined;
    readonly namespace: string;
    /** Passed to Temporal's own configuration loader. */
    readonly environment: Environment;
  };
  readonly searchPath: string;
  readonly accounts: ReadonlyMap<string, AccountConfig>;
}

/**
 * Reads the environment and `shotlist.yaml`.
 * @param from a batch file or a folder; the project folder is the nearest one at or above it that has
 * `shotlist.yaml` or `.shotlist/`, else the folder itself
 * @throws UserError naming the setting that is wrong
 */
export function loadConfig(environment: Environment, from: string): Config {
  const home = homeOf(environment, from);
  const stateFolder = join(home, '.shotlist');
  return {
    home,
    stateFolder,
    cacheFolder: cacheFolder(environment, platform(), userHome() ?? stateFolder),
    ledgerPath: ledgerPath(environment['SHOTLIST_LEDGER'], stateFolder),
    blobsFolder: blobsFolder(environment['SHOTLIST_BLOBS'], stateFolder),
    temporal: {
      address: environment['TEMPORAL_ADDRESS'] || undefined,
      namespace: environment['TEMPORAL_NAMESPACE'] || 'default',
      environment,
    },
    searchPath: environment['PATH'] ?? '',
    accounts: loadAccounts(environment, join(home, settingsName)),
  };
}

function homeOf(environment: Environment, from: string): string {
  const fixed = environment['SHOTLIST_HOME'];
  return fixed ? resolve(fixed) : projectFolder(resolve(from));
}

/** Undefined for a user without a home, as in some containers. */
function userHome(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

/** The path of a batch file in its project: see `linkedBatch`. */
export function batchPath(environment: Environment, given: string): string {
  return environment['SHOTLIST_HOME'] ? given : linkedBatch(given);
}

/** Whether a command that is started in `folder` works in this project without naming a file of it. */
export function isProjectOf({ home, temporal }: Config, folder: string): boolean {
  return homeOf(temporal.environment, folder) === home;
}

function ledgerPath(setting: string | undefined, stateFolder: string): string {
  if (!setting) return join(stateFolder, 'ledger.db');
  if (setting.startsWith('sqlite:')) return resolve(setting.slice('sqlite:'.length));
  throw new UserError(
    `SHOTLIST_LEDGER: ${setting.split(':')[0]} is not a ledger; write sqlite:PATH`,
  );
}

function blobsFolder(setting: string | undefined, stateFolder: string): string {
  if (!setting) return join(stateFolder, 'blobs');
  if (/^[a-z0-9]+:\/\//i.test(setting))
    throw new UserError(`SHOTLIST_BLOBS: ${setting} is not a folder; give the path of one`);
  return resolve(setting);
}
