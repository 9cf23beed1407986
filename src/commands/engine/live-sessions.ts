import { existsSync, readdirSync, rmSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { isHeld, takeLock, tryLock } from '../../temporal/process-lock.ts';

const roles = ['run', 'watch', 'collect', 'worker'] as const;
/** A command that works on a project's batches. */
export type SessionRole = (typeof roles)[number];

export interface LiveSession {
  readonly role: SessionRole;
  /** In a container, the process id inside it. */
  readonly pid: number;
}

/** Announces a session to other commands, at most for the lifetime of its process. */
export async function announceSession(
  stateFolder: string,
  role: SessionRole,
): Promise<{ leave(): void }> {
  return await alone(stateFolder, (folder) => {
    const file = join(folder, `${process.pid}-${role}-${randomUUID().slice(0, 8)}.lock`);
    const lock = tryLock(file);
    if (!lock) throw new Error(`the new session file ${file} is already locked`);
    return {
      leave() {
        lock.release();
        rmSync(file, { force: true });
      },
    };
  });
}

/** The live sessions of a project. Removes the files of dead processes. */
export async function liveSessions(stateFolder: string): Promise<readonly LiveSession[]> {
  if (!existsSync(stateFolder)) return [];
  return await alone(stateFolder, (folder) => {
    if (!existsSync(folder)) return [];
    const files = readdirSync(folder).filter((file) => isHeld(join(folder, file)));
    return files.flatMap((file) => {
      const [, pid = '', name = ''] = /^(\d+)-([a-z]+)-/.exec(file) ?? [];
      const role = roles.find((each) => each === name);
      return role ? [{ role, pid: Number(pid) }] : [];
    });
  });
}

/**
 * Whether any process works on the batches of a project. Null: none here, but the Temporal server
 * at TEMPORAL_ADDRESS may have a worker elsewhere.
 */
export async function isLive({
  stateFolder,
  temporal,
}: Pick<Config, 'stateFolder' | 'temporal'>): Promise<boolean | null> {
  if ((await liveSessions(stateFolder)).length > 0) return true;
  return temporal.address === undefined ? false : null;
}

/** Serialises access: a new file without its lock yet would look like one of a dead process. */
async function alone<Result>(
  stateFolder: string,
  work: (folder: string) => Result,
): Promise<Result> {
  const lock = await takeLock(join(stateFolder, 'sessions.lock'));
  try {
    return work(join(stateFolder, 'sessions'));
  } finally {
    lock.release();
  }
}
