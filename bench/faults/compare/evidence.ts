import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ShotRow } from '../../../src/ledger/port.ts';
import { accountName } from '../../../src/batch/ids.ts';
import { type LedgerBook, ledgerPath, readLedger } from '../../project-books.ts';
import type { SimulatorBook } from '../../stage.ts';
import { batch, type Crew, type Ending } from '../crew.ts';
import type { Scenario } from '../scenario.ts';
import { renamed } from '../settings.ts';

export type Entry = SimulatorBook['accepted'][number];

interface Ledger extends LedgerBook {
  /** What was accepted with the plans of all runs, by account. */
  readonly accepted: ReadonlyMap<string, number>;
}

/** Everything that the books of one run are compared by. */
export interface Evidence {
  readonly folder: string;
  readonly scenario: Scenario;
  readonly book: SimulatorBook;
  /** What the vendors accepted from us: of a pair that a gateway made of one request, one. */
  readonly entries: readonly Entry[];
  /** What gateways sent a second time, and nobody of ours has. */
  readonly repeats: readonly Entry[];
  /** What gateways sent a second time, and the ledger has beside the first: a person named one of the two. */
  readonly twins: ReadonlySet<Entry>;
  readonly ledger: Ledger;
  /** What befell our processes, by name. */
  readonly befallen: Readonly<Record<string, number>>;
  readonly endings: readonly Ending[];
  readonly kills: number;
  /** Submissions whose answer a process had heard when it was put to sleep. */
  readonly heard: readonly string[];
}

export async function gather(crew: Crew, befallen: Evidence['befallen']): Promise<Evidence> {
  const { stage, scenario, endings, kills } = crew;
  const { folder } = stage;
  const book = await stage.book();
  const ledger: Ledger = {
    ...(await readLedger(folder, batch)),
    accepted: acceptedSums(ledgerPath(folder)),
  };
  const known = new Set(ledger.submissions.map(({ jobId }) => jobId));
  const repeats = repeatsIn(book.accepted, known);
  const entries = book.accepted.filter((entry) => !repeats.has(entry));
  return {
    folder,
    scenario,
    book,
    entries,
    repeats: [...repeats],
    twins: twinsIn(book.accepted, known),
    ledger,
    befallen,
    endings,
    kills,
    heard: heardIn(join(folder, 'logs')),
  };
}

/** Of each pair the one that the ledger does not know; of two unknown ones that whose answer was withheld. */
export function repeatsIn(
  accepted: readonly Entry[],
  known: ReadonlySet<string | null>,
): ReadonlySet<Entry> {
  const repeats = pairsIn(accepted).flatMap((pair) => {
    const unknown = pair.filter(({ id }) => !known.has(id));
    return unknown.find(({ reply }) => reply === 'withheld') ?? unknown[0] ?? [];
  });
  return new Set(repeats);
}

/** The seconds of pairs that the ledger has both of. */
export function twinsIn(
  accepted: readonly Entry[],
  known: ReadonlySet<string | null>,
): ReadonlySet<Entry> {
  const both = pairsIn(accepted).filter((pair) => pair.every(({ id }) => known.has(id)));
  return new Set(both.map(([, second]) => second));
}

/** Requests of ours, each with what a gateway sent after it. */
function pairsIn(accepted: readonly Entry[]): (readonly [Entry, Entry])[] {
  return accepted.flatMap((second, index) => {
    if (second.by !== 'gateway') return [];
    const first = accepted
      .slice(0, index)
      .findLast((entry) => entry.by === 'client' && sameRequest(entry, second));
    return first ? [[first, second] as const] : [];
  });
}

export const sameRequest = (one: Entry, other: Entry): boolean =>
  one.vendor === other.vendor && one.kind === other.kind && one.requestSha === other.requestSha;

/** Whether it is what the shot asks for, as far as both tell: its prompt, and the shape of its image. */
export function asksForTheSame(entry: Entry, { request }: Pick<ShotRow, 'request'>): boolean {
  const { prompt } = entry.request;
  return (
    prompt !== undefined && prompt === request.prompt && shapeOf(entry) === request.aspectRatio
  );
}

/** Of the image, in the words of either vendor. */
export function shapeOf({ request }: Entry): string | undefined {
  return request.aspectRatio ?? request.aspect_ratio;
}

/** As the hook tells it. */
function heardIn(logs: string): string[] {
  return ['run.log', 'worker.log'].flatMap((name) => {
    const path = join(logs, name);
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const reported = text.matchAll(/^blow: suspend at answered \d+ of (\S+)$/gm);
    return [...reported].map(([, submission = '']) => submission);
  });
}

/** The vendor of an account of the ledger. */
export function vendorOf(account: string): string {
  const name = accountName(account);
  return name === renamed ? 'photogpt' : name;
}

function acceptedSums(path: string): ReadonlyMap<string, number> {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = database
      .prepare(
        `select account, sum(cap) as cap from budget where scope like 'accepted:%' group by 1`,
      )
      .all();
    return new Map(rows.map(({ account, cap }) => [String(account), Number(cap)]));
  } finally {
    database.close();
  }
}
