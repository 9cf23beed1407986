import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { writeWhole } from '../../storage/atomic-file.ts';
import type { Database } from './database.ts';

/** A file beside a ledger. It reveals that an older copy replaced the ledger. */
export interface Mark {
  readonly ledger: string;
  /** Epoch milliseconds; null: nothing was claimed yet. */
  readonly firstClaim: number | null;
  readonly newestClaim: number | null;
  /** The claim count; undefined: an earlier version wrote the mark. */
  readonly claims?: number | undefined;
  /** The last claims before which the clock was set back, and their times. */
  readonly clockBack?: readonly ClockBack[] | undefined;
  /** Renewed when a gap was found: a ledger with another one has claimed on its own. */
  readonly lineage?: string | undefined;
}

/** Clock readings of two processes on one machine may differ by this much, in milliseconds. */
const apartMs = 1_000;

/** Records a step back of the clock at time ?1, before the next claim. */
export const recordClockBack = `insert into clock_back (claim_no, at)
  select claims + 1, ?1 from meta where clock_at > ?1 + ${apartMs}
  on conflict do update set at = min(at, excluded.at)`;

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
  lineage: z.string().optional(),
});

/** The mark may lag behind by this much, in milliseconds. */
export const writeEveryMs = 60_000;
const clockBackMax = 50;

/** `ledger.db` has `ledger.mark`. */
export function markPath(ledgerPath: string): string {
  return `${ledgerPath.replace(/\.db$/, '')}.mark`;
}

/** Undefined when the mark is missing or unreadable: then nothing is known. */
export async function readMark(ledgerPath: string): Promise<Mark | undefined> {
  try {
    return markSchema.parse(JSON.parse(await readFile(markPath(ledgerPath), 'utf8')));
  } catch {
    return undefined;
  }
}

/** The claim facts of a ledger: the times of the first and the newest, and the count. */
export function claimFacts(database: Database): Required<Mark> {
  // Per account, to use the index.
  const times = database.get<{ first: number | null; newest: number | null }>(
    `select min(first) as first, max(newest) as newest from (
       select (select min(claimed_at) from submission where account = a.id) as first,
         (select max(claimed_at) from submission where account = a.id) as newest
       from account a)`,
  );
  const meta = database.get<Pick<Required<Mark>, 'ledger' | 'claims' | 'lineage'>>(
    'select ledger_id as ledger, claims, lineage from meta',
  );
  if (!meta) throw new Error('the ledger has no meta row');
  return {
    ...meta,
    firstClaim: times?.first ?? null,
    newestClaim: times?.newest ?? null,
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
 * Keeps the mark of an open ledger up to date. It writes at once, at the end, after the clock was
 * set back, and else at most once a minute while requests are claimed. Best effort: the mark never
 * says more than the ledger knows.
 */
export class MarkKeeper {
  readonly #path: string;
  readonly #database: Database;
  #isBehind = true;
  #clockBack = 0;
  #writtenAt = -Infinity;
  #writing: Promise<void> = Promise.resolve();

  constructor({ path, database }: { path: string; database: Database }) {
    this.#path = path;
    this.#database = database;
  }

  /** Call after a claim is on disk. After a step back of the clock, it waits until the mark is written. */
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
    // A ledger in memory, or in a deleted folder, has no mark.
    if (!existsSync(this.#path)) return;
    const known = await readMark(this.#path);
    // Read after the mark: the claims of living processes in the mark are in the ledger by now.
    const mark = claimFacts(this.#database);
    this.#clockBack = mark.clockBack[0]?.claim ?? 0;
    // Most commands claim nothing.
    if (isDeepStrictEqual(known, { ...mark })) return;
    await writeWhole(markPath(this.#path), [`${JSON.stringify(mark)}\n`]).catch(() => undefined);
  }
}
