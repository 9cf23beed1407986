import { statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type AccountConfig, accountWithKey } from '../../config/accounts.ts';
import { batchPath, type Config, isProjectOf, loadConfig } from '../../config/config.ts';
import { projectFolder, realPath } from '../../config/project-folder.ts';
import { UserError } from '../../errors.ts';
import type { BatchRow, KnownAccount, Ledger } from '../../ledger/port.ts';
import { openSqliteLedger } from '../../ledger/sqlite/index.ts';
import type { Blobs } from '../../storage/blobs.ts';
import { makeFolder } from '../../storage/durable-folder.ts';
import { folderBlobs } from '../../storage/folder-blobs.ts';
import { type Recovery, recovery } from '../../storage/recovery.ts';
import type { Terminal } from '../../terminal.ts';
import { openingTexts } from '../text/gaps.ts';
import { shellQuoted } from '../../shell-quoted.ts';
import {
  isHeir,
  nameIn,
  ownerFile,
  ownerOf,
  projectOf,
  relocateOwners,
  shownOwner,
} from './owner.ts';

/** An open project folder: its settings, ledger and blob store. */
export interface Project extends AsyncDisposable {
  readonly config: Config;
  /** The current folder; shown paths are relative to it. */
  readonly folder: string;
  readonly ledger: Ledger;
  readonly blobs: Blobs;
  readonly recovery: Recovery;
  readonly outFolder: string;
  /** A batch's file as a person may write it, quoted for a shell. */
  fileOf(row: Pick<BatchRow, 'ownerPath'>): string;
  /** A batch as the argument of a command here: its name, or its file from outside the project. */
  argumentFor(row: Pick<BatchRow, 'batch' | 'ownerPath'>): string;
  /** The variable that holds the key of an account, given by its key in the ledger. */
  keyVariableOf(account: string): string | undefined;
  /** The command that runs the file of a batch. */
  runCommand(row: Pick<BatchRow, 'ownerPath'>): string;
  /** The command that continues a batch: `run` refuses a paused one. */
  continueCommand(row: Pick<BatchRow, 'batch' | 'ownerPath' | 'state'>): string;
}

export async function openProject(
  { folder, say }: Pick<Terminal, 'folder' | 'say'>,
  config: Config,
): Promise<Project> {
  await makeFolder(config.stateFolder);
  const ledger = await openSqliteLedger({ path: config.ledgerPath });
  await ledger.batches.addAccounts([...config.accounts.values()].map(knownAccount));
  for (const line of openingTexts(ledger.gaps)) say(line);
  await relocateOwners(config, ledger.batches);
  const blobs = folderBlobs(config.blobsFolder);
  const outFolder = join(config.home, 'out');
  const folders = async (): Promise<string[]> => {
    const rows = await ledger.batches.list();
    return [...new Set(rows.map((row) => dirname(ownerFile(config, row.ownerPath))))];
  };
  const fileOf: Project['fileOf'] = ({ ownerPath }) =>
    shellQuoted(shownOwner(config, ownerPath, folder));
  const argumentFor: Project['argumentFor'] = (row) =>
    isProjectOf(config, folder) ? row.batch : fileOf(row);
  const runCommand: Project['runCommand'] = (row) => `shotlist run ${fileOf(row)}`;
  return {
    config,
    folder,
    ledger,
    blobs,
    recovery: recovery(blobs, { outFolder, folders }),
    outFolder,
    fileOf,
    argumentFor,
    keyVariableOf: (key) => accountWithKey(config.accounts, key)?.keyVariable,
    runCommand,
    continueCommand: (row) =>
      row.state === 'paused' ? `shotlist resume ${argumentFor(row)}` : runCommand(row),
    [Symbol.asyncDispose]: () => ledger.close(),
  };
}

/** @throws the system's error when the path cannot be accessed */
export function hasLedger({ ledgerPath }: Pick<Config, 'ledgerPath'>): boolean {
  return statSync(ledgerPath, { throwIfNoEntry: false }) !== undefined;
}

/** Opens the project of a batch, given by name or file, and finds its row. */
export async function openBatch(
  terminal: Terminal,
  nameOrFile: string,
): Promise<{ project: Project; row: BatchRow }> {
  const path = batchPath(terminal.environment, resolve(terminal.folder, nameOrFile));
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  const config = loadConfig(terminal.environment, isFile ? dirname(path) : terminal.folder);
  if (!hasLedger(config))
    throw new UserError(`no batch has run in ${config.home}`, {
      next: ['go to the folder of the batch file, or give the file: shotlist status FILE'],
    });
  const project = await openProject(terminal, config);
  const rows = await project.ledger.batches.list();
  const row = isFile ? rowOf(config, path, rows) : rows.find((each) => each.batch === nameOrFile);
  if (row) return { project, row };
  await project[Symbol.asyncDispose]();
  const known = rows.map((each) => each.batch).join(', ') || 'none';
  throw new UserError(`${isFile ? basename(path) : nameOrFile} has not run in this project`, {
    next: [`batches here: ${known}`, `start one: shotlist run FILE`],
  });
}

/** The batch that this file owns, or holds when the owner is gone. */
function rowOf(config: Config, path: string, rows: readonly BatchRow[]): BatchRow | undefined {
  const ownerPath = ownerOf(config, path);
  const owned = rows.find((each) => each.ownerPath === ownerPath);
  if (owned) return owned;
  const name = nameIn(path);
  const row = rows.find((each) => each.batch === name);
  return row && name !== undefined && isHeir(config, { name, path }, row) ? row : undefined;
}

/**
 * Puts the limits and budgets of `shotlist.yaml`, as it is now, in force for batches of this
 * project. For commands that start or serve paid work: any other command may have older settings.
 */
export async function applySettings(
  { config, ledger }: Pick<Project, 'config' | 'ledger'>,
  rows: readonly Pick<BatchRow, 'batch' | 'project'>[] = [],
): Promise<void> {
  const project = projectOf(config);
  const { accounts } = loadConfig(config.temporal.environment, config.home);
  await ledger.batches.putAccounts(
    [...config.accounts.values()].map((account) => {
      const { limits, budget } = accounts.get(account.name) ?? account;
      const { perMinute, inFlight } = limits;
      return { ...knownAccount(account), project, perMinute, inFlight, budget };
    }),
  );
  for (const row of rows)
    if (row.project !== project) await ledger.batches.setProject(row.batch, project);
}

/** The batches whose files have this project as their nearest. */
export async function ownBatches({
  config,
  ledger,
}: Pick<Project, 'config' | 'ledger'>): Promise<BatchRow[]> {
  const home = realPath(config.home);
  const nearest = (ownerPath: string): string =>
    realPath(projectFolder(dirname(ownerFile(config, ownerPath))));
  const rows = await ledger.batches.list();
  return rows.filter(({ ownerPath }) => nearest(ownerPath) === home);
}

function knownAccount({ key, vendor: { id, unit } }: AccountConfig): KnownAccount {
  return { account: key, provider: id, unit };
}
