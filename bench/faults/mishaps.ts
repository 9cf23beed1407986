import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { ledgerPath, manifestOf } from '../project-books.ts';
import type { Command } from '../stage.ts';
import { batch, type Crew } from './crew.ts';
import { type Blow, type Incident, nameOf, type Victim } from './draw-incidents.ts';
import { nameJobs } from './person.ts';
import { changeSettings } from './settings.ts';

type Mishap = Exclude<Incident, Blow>;

/** What befalls the crew, once it is time; `not yet` where there is nothing yet that it could befall. */
export function befall(crew: Crew, incident: Mishap): Promise<unknown> | 'not yet' {
  const { stage } = crew;
  const counted = async (work: Promise<boolean>): Promise<void> => {
    if (await work) crew.count(nameOf(incident));
  };
  switch (incident.kind) {
    case 'kill':
      return counted(kill(crew, incident.victim));
    case 'kill-all':
      return counted(killAll(crew));
    case 'restart-later':
      return counted(restartLater(crew, incident.victim, incident.byMs));
    case 'signal':
      return counted(signal(crew, incident));
    case 'set-clock':
      crew.clock.step(incident.byMs);
      return counted(Promise.resolve(true));
    case 'ledger-locked':
      if (!existsSync(ledgerPath(stage.folder))) return 'not yet';
      return counted(lockLedger(ledgerPath(stage.folder), incident.ms));
    case 'disk-full':
      return counted(limited(crew, incident.ms, 'fsize', 4_096));
    case 'no-descriptors':
      return counted(limited(crew, incident.ms, 'nofile', 8));
    case 'folder-blocked':
      return counted(blockFolder(join(stage.folder, incident.folder), incident.ms));
    case 'blob-lost':
    case 'blob-rotten':
      if (incident.when !== 'ended' && !someSavedFile(crew)) return 'not yet';
      return counted(spoilBlob(crew, incident));
    case 'settings':
      return counted(changeSettings(crew, incident.change));
    case 'old-ledger':
      return counted(putBackLedger(crew, incident.backupAt));
    case 'again':
      return counted(Promise.resolve(true));
    case 'person':
      return nameJobs(crew, () => crew.count(nameOf(incident)));
  }
}

function commandOf(crew: Crew, victim: 'run' | 'worker'): Command | undefined {
  return victim === 'worker' && crew.worker ? crew.worker : crew.run;
}

/** The process that does the work. */
function workerOf(crew: Crew): Command | undefined {
  return commandOf(crew, crew.scenario.shape === 'company' ? 'worker' : 'run');
}

async function kill(crew: Crew, victim: Victim): Promise<boolean> {
  if (victim !== 'server') return await crew.killNow(commandOf(crew, victim));
  const server = crew.stage.server();
  if (!server) return false;
  process.kill(server.pid, 'SIGKILL');
  crew.kills += 1;
  return true;
}

async function killAll(crew: Crew): Promise<boolean> {
  const server = await kill(crew, 'server');
  const others = await Promise.all([crew.run, crew.worker].map((each) => crew.killNow(each)));
  return server || others.includes(true);
}

/** It is started again by whoever keeps the crew running. */
async function restartLater(crew: Crew, victim: Victim, byMs: number): Promise<boolean> {
  const died = await kill(crew, victim);
  crew.clock.step(byMs);
  return died;
}

async function signal(
  crew: Crew,
  { victim, signal: name, twice }: Extract<Mishap, { kind: 'signal' }>,
): Promise<boolean> {
  const command = commandOf(crew, victim);
  if (!command?.isRunning) return false;
  await crew.end(command, name, twice);
  return true;
}

async function lockLedger(path: string, ms: number): Promise<boolean> {
  const ledger = new DatabaseSync(path);
  try {
    ledger.exec('pragma busy_timeout = 2000; begin immediate');
    await wait(ms);
    ledger.exec('rollback');
    return true;
  } catch {
    // The lock was not to be had in time: nothing befell.
    return false;
  } finally {
    ledger.close();
  }
}

/** What the working process may use of the machine, for a while. */
async function limited(
  crew: Crew,
  ms: number,
  resource: 'fsize' | 'nofile',
  most: number,
): Promise<boolean> {
  const victim = workerOf(crew);
  if (!victim?.isRunning) return false;
  const prlimit = (...words: string[]): string => {
    try {
      return execFileSync('prlimit', ['--pid', String(victim.pid), ...words], { stdio: 'pipe' })
        .toString()
        .trim();
    } catch {
      // It has ended meanwhile.
      return '';
    }
  };
  const usual = prlimit(`--${resource}`, '--output=SOFT', '--noheadings');
  prlimit(`--${resource}=${most}:`);
  await wait(ms);
  prlimit(`--${resource}=${usual}:`);
  return usual !== '';
}

/** What is in the folder is there again afterwards, with what was written meanwhile, if anything was. */
async function blockFolder(folder: string, ms: number): Promise<boolean> {
  const aside = `${folder}.aside`;
  mkdirSync(dirname(folder), { recursive: true });
  const isThere = existsSync(folder);
  if (isThere) renameSync(folder, aside);
  writeFileSync(folder, 'this is no folder\n');
  await wait(ms);
  rmSync(folder, { force: true });
  if (isThere) renameSync(aside, folder);
  return true;
}

/** One that is in out/ as well: a file of a shot. */
function someSavedFile({ stage }: Crew): { sha256: string; path: string } | undefined {
  const root = join(stage.folder, 'out', batch);
  return manifestOf(root)
    .map(({ sha256, path }) => ({ sha256, path: join(root, path) }))
    .find(({ sha256 }) => existsSync(blobPath(stage.folder, sha256)));
}

function blobPath(folder: string, sha256: string): string {
  const blobs = join(folder, '.shotlist', 'blobs');
  return join(blobs, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
}

async function spoilBlob(
  crew: Crew,
  { kind, copy }: { kind: 'blob-lost' | 'blob-rotten'; copy: boolean },
): Promise<boolean> {
  const file = someSavedFile(crew);
  if (!file) return false;
  const blob = blobPath(crew.stage.folder, file.sha256);
  if (kind === 'blob-lost') rmSync(blob);
  else {
    const bytes = readFileSync(blob);
    const middle = Math.floor(bytes.length / 2);
    writeFileSync(blob, bytes.fill(0x55, middle, middle + 16));
  }
  if (copy) rmSync(file.path, { force: true });
  return true;
}

/** Everything stops, the ledger of then is put back, and the person goes on. */
async function putBackLedger(crew: Crew, backupAt: number): Promise<boolean> {
  const file = join(crew.stage.folder, 'logs', 'backup');
  if ((await crew.say('backup', file)) !== 0) return false;
  while ((await crew.stage.book()).accepted.length < backupAt && crew.run?.isRunning)
    await wait(60);
  await killAll(crew);
  return (await crew.say('restore', file, '--yes')) === 0;
}
