import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isHeld, tryLock } from './process-lock.ts';

/** One process that uses the embedded server. Its file is locked, so a killed member does not count. */
export interface Member {
  leave(): void;
}

/** Signs up in `folder`. This function, `leave` and `hasMembers` require the server's lock. */
export function joinMembers(folder: string): Member {
  const file = join(folder, `${process.pid}-${randomUUID().slice(0, 8)}.lock`);
  const lock = tryLock(file);
  if (!lock) throw new Error(`the new member file ${file} is already locked`);
  return {
    leave() {
      lock.release();
      rmSync(file, { force: true });
    },
  };
}

/** Whether any living process is signed up. Removes the files of dead ones. */
export function hasMembers(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const files = readdirSync(folder).filter((name) => name.endsWith('.lock'));
  return files.map((name) => isHeld(join(folder, name))).includes(true);
}
