import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { asUserError } from '../system-errors.ts';

/** A lock that ends with its process: the operating system releases it on any kind of exit. */
export interface ProcessLock {
  release(): void;
}

/**
 * Takes the lock of `file`. Returns undefined if it is taken, by another process or elsewhere in this
 * one. SQLite's exclusive transaction is the only lock that Node offers on every system without a native
 * dependency. Nothing is ever written to the file.
 */
export function tryLock(file: string): ProcessLock | undefined {
  mkdirSync(dirname(file), { recursive: true });
  const database = open(file);
  try {
    // In memory: otherwise a killed process would leave a journal file beside the lock.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw withFile(error, file);
  }
  return {
    release() {
      if (database.isOpen) database.close();
    },
  };
}

/** Waits for the lock without blocking the event loop. Calls `onWait` once, after a second. */
export async function takeLock(file: string, onWait?: () => void): Promise<ProcessLock> {
  const waitingSince = Date.now();
  let reported = false;
  for (;;) {
    const lock = tryLock(file);
    if (lock) return lock;
    if (!reported && Date.now() - waitingSince > 1_000) {
      reported = true;
      onWait?.();
    }
    await wait(50);
  }
}

/** Whether a living process has the lock. Removes the file of a dead one. */
export function isHeld(file: string): boolean {
  const lock = tryLock(file);
  if (!lock) return true;
  lock.release();
  rmSync(file, { force: true });
  return false;
}

function open(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: 0 });
  } catch (error) {
    throw withFile(error, file);
  }
}

function withFile(error: unknown, file: string): unknown {
  return asUserError(error instanceof Error ? Object.assign(error, { path: file }) : error);
}

function isBusy(error: unknown): boolean {
  const sqliteBusy = 5;
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
}
