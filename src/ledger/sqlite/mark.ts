import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeWhole } from '../../storage/atomic-file.ts';
import type { Database } from './database.ts';

/** What stands beside a ledger, so that one that was replaced by an older copy is noticed. */
export interface Mark {
  readonly ledger: string;
  /** Epoch milliseconds; null: nothing was claimed yet. */
  readonly firstClaim: number | null;
  readonly newestClaim: number | null;
}

const markSchema = z.object({
  ledger: z.string(),
  firstClaim: z.number().int().nullable(),
  newestClaim: z.number().int().nullable(),
});

const writeEveryMs = 60_000;

/** `ledger.db` has `ledger.mark`. */
export function markPath(ledgerPath: string): string {
  return `${ledgerPath.replace(/\.db$/, '')}.mark`;
}

/** Undefined where there is none, or none that can be read: then nothing is known. */
export async function readMark(ledgerPath: string): Promise<Mark | undefined> {
  try {
    return markSchema.parse(JSON.parse(await readFile(markPath(ledgerPath), 'utf8')));
  } catch {
    return undefined;
  }
}

/** When a ledger's first and newest requests were claimed. */
export function claimTimes(database: Database): Pick<Mark, 'firstClaim' | 'newestClaim'> {
  // Batch by batch, since that is how they are indexed.
  const times = database.get<{ first: number | null; newest: number | null }>(
    `select min(first) as first, max(newest) as newest from (
       select (select min(claimed_at) from submission where batch = b.name) as first,
         (select max(claimed_at) from submission where batch = b.name) as newest
       from batch b)`,
  );
  return { firstClaim: times?.first ?? null, newestClaim: times?.newest ?? null };
}

/**
 * Keeps the mark of an open ledger up to date: at once, at its end, and at most once a minute while requests
 * are claimed. Best effort: it only ever says less than the ledger knows.
 */
export class MarkKeeper {
  readonly #path: string;
  readonly #database: Database;
  readonly #ledger: string;
  #isBehind = true;
  #writtenAt = -Infinity;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: { path: string; database: Database; ledger: string }) {
    this.#path = options.path;
    this.#database = options.database;
    this.#ledger = options.ledger;
  }

  /** Something was claimed, and is on the disk. */
  claimed(): void {
    this.#isBehind = true;
    if (performance.now() - this.#writtenAt < writeEveryMs) return;
    this.#writtenAt = performance.now();
    void this.write();
  }

  write(): Promise<void> {
    if (this.#isBehind) this.#writing = this.#writing.then(() => this.#replace());
    this.#isBehind = false;
    return this.#writing;
  }

  async #replace(): Promise<void> {
    // One in memory, or whose folder was deleted, has none.
    if (!existsSync(this.#path)) return;
    const known = await readMark(this.#path);
    // Read after the mark: it holds no claim of a living process that the ledger does not show by now.
    const mark: Mark = { ledger: this.#ledger, ...claimTimes(this.#database) };
    // Most commands claim nothing.
    if (known?.ledger === mark.ledger && known.newestClaim === mark.newestClaim) return;
    await writeWhole(markPath(this.#path), [`${JSON.stringify(mark)}\n`]).catch(() => undefined);
  }
}
