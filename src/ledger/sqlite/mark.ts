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
  /** How many claims it has counted; undefined: an earlier version wrote the mark. */
  readonly claims?: number | undefined;
  /** Claims before which the clock was set back, and their times; the last of them. */
  readonly clockBack?: readonly ClockBack[] | undefined;
}

export interface ClockBack {
  readonly claim: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

const markSchema = z.object({
  ledger: z.string(),
  firstClaim: z.number().int().nullable(),
  newestClaim: z.number().int().nullable(),
  claims: z.number().int().optional(),
  clockBack: z.array(z.object({ claim: z.number().int(), at: z.number().int() })).optional(),
});

/** So much the mark may be behind. */
export const writeEveryMs = 60_000;
const clockBackMax = 50;

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

/** What a ledger knows of its claims: when the first and the newest were made, and how many. */
export function claimFacts(database: Database): Required<Omit<Mark, 'ledger'>> {
  // Account by account, since that is how they are indexed.
  const times = database.get<{ first: number | null; newest: number | null }>(
    `select min(first) as first, max(newest) as newest from (
       select (select min(claimed_at) from submission where account = a.id) as first,
         (select max(claimed_at) from submission where account = a.id) as newest
       from account a)`,
  );
  return {
    firstClaim: times?.first ?? null,
    newestClaim: times?.newest ?? null,
    claims: database.get<{ claims: number }>('select claims from meta')?.claims ?? 0,
    clockBack: database.all<ClockBack>(
      `select claim_no as claim, at from clock_back order by claim_no desc limit ${clockBackMax}`,
    ),
  };
}

/** The last claim before which the clock was set back; 0: none. */
const lastClockBack = (database: Database): number =>
  database.get<{ claim: number }>(
    'select claim_no as claim from clock_back order by claim_no desc limit 1',
  )?.claim ?? 0;

/**
 * Keeps the mark of an open ledger up to date: at once, at its end, when the clock was set back, and else at most
 * once a minute while requests are claimed. Best effort: it only ever says less than the ledger knows.
 */
export class MarkKeeper {
  readonly #path: string;
  readonly #database: Database;
  readonly #ledger: string;
  #isBehind = true;
  #clockBack = 0;
  #writtenAt = -Infinity;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: { path: string; database: Database; ledger: string }) {
    this.#path = options.path;
    this.#database = options.database;
    this.#ledger = options.ledger;
  }

  /** Something was claimed, and is on the disk. Where the clock was set back before it, the mark says so first. */
  async claimed(): Promise<void> {
    this.#isBehind = true;
    const isSetBack = lastClockBack(this.#database) !== this.#clockBack;
    if (!isSetBack && performance.now() - this.#writtenAt < writeEveryMs) return;
    this.#writtenAt = performance.now();
    const written = this.write();
    if (isSetBack) await written;
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
    this.#clockBack = lastClockBack(this.#database);
    const mark: Mark = { ledger: this.#ledger, ...claimFacts(this.#database) };
    // Most commands claim nothing.
    if (known?.ledger === mark.ledger && known.claims === mark.claims) return;
    await writeWhole(markPath(this.#path), [`${JSON.stringify(mark)}\n`]).catch(() => undefined);
  }
}
