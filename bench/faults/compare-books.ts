import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { accountName } from '../../src/batch/ids.ts';
import type { AccountMoney, SubmissionRow } from '../../src/ledger/port.ts';
import { amountFromDecimal, type Unit } from '../../src/money.ts';
import type { ManifestLine } from '../../src/report/manifest.ts';
import type { Receipt } from '../../src/report/receipt.ts';
import { type LedgerBook, ledgerPath, manifestOf, readLedger, sha256Of } from '../project-books.ts';
import type { SimulatorBook, Stage } from '../stage.ts';
import type { Scenario } from './scenario.ts';

/** What the simulator's book, the ledger, the files and the receipt say of each other. */
export interface Books {
  readonly shots: number;
  readonly done: number;
  readonly failed: number;
  readonly parked: number;
  readonly accepted: number;
  /** Requests accepted again although the first job had not failed. */
  readonly duplicates: number;
  /** Paid outputs that are on no disk and of which nobody is told. */
  readonly lost: number;
  /** Accounts that were charged more than was accepted or capped. */
  readonly overruns: number;
  /** Promises that were not kept, in words. */
  readonly broken: readonly string[];
}

interface Ledger extends LedgerBook {
  /** What was accepted with the plans of all runs, by account. */
  readonly accepted: ReadonlyMap<string, number>;
}
type Entry = SimulatorBook['accepted'][number];

const undecided: ReadonlySet<string> = new Set(['parked', 'stalled', 'ambiguous', 'claimed']);

export async function compareBooks(stage: Stage, scenario: Scenario): Promise<Books> {
  const book = await stage.book();
  const ledger: Ledger = {
    ...(await readLedger(stage.folder, 'campaign')),
    accepted: acceptedSums(ledgerPath(stage.folder)),
  };
  const duplicates = scenario.onAmbiguous === 'resubmit' ? [] : duplicatesIn(book);
  const lost = lostOutputs(stage.folder, book, ledger);
  const overruns = overrunsOf(book, ledger);
  const state = (wanted: string): number =>
    ledger.shots.filter((shot) => shot.state === wanted).length;
  return {
    shots: ledger.shots.length,
    done: state('done'),
    failed: state('failed'),
    parked: state('parked'),
    accepted: book.accepted.length,
    duplicates: duplicates.length,
    lost: lost.length,
    overruns: overruns.length,
    broken: [
      ...duplicates,
      ...lost,
      ...mixedUp(book, ledger),
      ...overruns,
      ...moneyDiffers(book, ledger),
      ...receiptDiffers(stage.folder, ledger),
      ...(scenario.capped ? [] : unfinished(ledger)),
    ],
  };
}

/** An equal request may be accepted again only when the job before it failed. */
function duplicatesIn(book: SimulatorBook): string[] {
  const groups = Map.groupBy(
    book.accepted,
    ({ vendor, kind, requestSha }) => `${vendor} ${kind} ${requestSha}`,
  );
  return [...groups.values()]
    .filter((group) => group.filter(({ state }) => state !== 'failed').length > 1)
    .map((group) => `accepted ${group.length} times: ${group.map(({ id }) => id).join(', ')}`);
}

/**
 * Every job that succeeded is on disk with the bytes it was served with, or marked as damaged, or belongs to a
 * submission that a person is asked about.
 */
function lostOutputs(folder: string, book: SimulatorBook, ledger: Ledger): string[] {
  const byJob = new Map(ledger.submissions.map((row) => [row.jobId, row]));
  // With `onAmbiguous: resubmit` what stayed unclear has failed, without a job id.
  const undecidedRows = ledger.submissions.filter(
    ({ state, jobId }) => undecided.has(state) || (state === 'failed' && jobId === null),
  ).length;
  const root = join(folder, 'out', 'campaign');
  const files = Map.groupBy(manifestOf(root), ({ jobId }) => jobId);
  let untold = 0;
  const lost = book.accepted.flatMap((entry) => {
    if (entry.kind === 'train' || entry.state !== 'success') return [];
    const row = byJob.get(entry.id);
    if (!row) {
      untold += 1;
      return [];
    }
    if (undecided.has(row.state) || row.surplus) return [];
    return hasItsFiles(entry, files.get(entry.id) ?? [], root)
      ? []
      : [`the output of job ${entry.id} (${row.key}, ${row.state}: ${row.why}) is not on disk`];
  });
  // A parked request accounts for one job at most that the ledger does not know.
  if (untold > undecidedRows)
    lost.push(`${untold} accepted jobs are unknown, and only ${undecidedRows} requests undecided`);
  return lost;
}

function hasItsFiles(entry: Entry, files: readonly ManifestLine[], root: string): boolean {
  const paths = files.map(({ path }) => join(root, path)).filter(existsSync);
  const sums = new Set(paths.map(sha256Of));
  // One that came short each time is reported as damaged.
  let damaged = files.filter((file) => file.damaged !== undefined).length;
  return entry.outputs.every(
    ({ sha256 }) => (sha256 !== null && sums.has(sha256)) || damaged-- > 0,
  );
}

/** A shot has the picture of its own request, not of another's. */
function mixedUp(book: SimulatorBook, { shots, submissions }: Ledger): string[] {
  const entries = new Map(book.accepted.map((entry) => [entry.id, entry]));
  const rows = new Map(submissions.map((row) => [row.submission, row]));
  return shots.flatMap(({ key, state, submission, request }) => {
    const job = rows.get(submission ?? '')?.jobId;
    const asked = entries.get(job ?? '')?.request;
    if (state !== 'done' || asked?.prompt === undefined) return [];
    const shape = asked.aspectRatio ?? asked.aspect_ratio;
    return asked.prompt === request.prompt && shape === request.aspectRatio
      ? []
      : [`${key} has the picture of "${asked.prompt}" ${shape ?? ''}`];
  });
}

/** By the vendor's own prices: what was charged and kept against what was accepted, or capped below it. */
function overrunsOf(book: SimulatorBook, { money, submissions, accepted }: Ledger): string[] {
  return money.flatMap((account) => {
    // What was accepted without a price is in no cap.
    if (hasUnknownPrice(account, submissions)) return [];
    const limit = Math.min(accepted.get(account.account) ?? 0, account.cap ?? Infinity);
    const charged = chargedTo(book, account);
    return charged > limit
      ? [`${accountName(account.account)} was charged ${charged} of ${limit}`]
      : [];
  });
}

function hasUnknownPrice(
  { account }: AccountMoney,
  submissions: readonly SubmissionRow[],
): boolean {
  return submissions.some((row) => row.account === account && row.price.amount === null);
}

function chargedTo(book: SimulatorBook, { account, unit }: AccountMoney): number {
  return book.accepted
    .filter(({ vendor, refunded }) => vendor === accountName(account) && !refunded)
    .reduce((sum, { cost }) => sum + amountOf(cost, unit), 0);
}

/** The simulator counts in credits; of those that bill in dollars a credit is a thousandth. */
function amountOf(cost: number, unit: Unit): number {
  return unit === 'usd' ? Math.round(cost * 1_000) : amountFromDecimal(cost.toFixed(3), unit);
}

/** The ledger's spent and undecided money covers what the vendor charged, and is no more when all is decided. */
function moneyDiffers(book: SimulatorBook, { money, submissions }: Ledger): string[] {
  return money.flatMap((account) => {
    const name = accountName(account.account);
    const charged = chargedTo(book, account);
    const held = account.spent + account.ambiguous + account.reserved;
    if (hasUnknownPrice(account, submissions)) return [];
    if (charged > held) return [`${name} charged ${charged}, but the ledger accounts for ${held}`];
    const exact = account.ambiguous + account.reserved + account.promised === 0;
    const own = submissions.filter((row) => row.account === account.account);
    // Of these nobody knows whether the vendor carried them out.
    const givenUp = spentOn(own.filter(({ state, jobId }) => state === 'failed' && jobId === null));
    const most = account.spent - refundedUntold(book, own);
    return exact && (charged > most || charged < most - givenUp)
      ? [`${name} charged ${charged}, but the ledger says that ${account.spent} were spent`]
      : [];
  });
}

/** What counts as spent though the vendor gave it back, without telling. */
function refundedUntold(book: SimulatorBook, submissions: readonly SubmissionRow[]): number {
  const refunded = new Set(book.accepted.filter((entry) => entry.refunded).map(({ id }) => id));
  return spentOn(submissions.filter(({ jobId }) => refunded.has(jobId ?? '')));
}

const spentOn = (submissions: readonly SubmissionRow[]): number =>
  submissions.reduce((sum, { spent }) => sum + spent, 0);

function receiptDiffers(folder: string, { money }: Ledger): string[] {
  const path = join(folder, 'out', 'campaign', 'receipt.json');
  if (!existsSync(path)) return ['there is no receipt'];
  const receipt = JSON.parse(readFileSync(path, 'utf8')) as Receipt;
  return money.flatMap(({ account, unit, spent }) => {
    const line = receipt.accounts.find((each) => each.account === accountName(account));
    const told = amountFromDecimal(line?.spent ?? '0', unit);
    return told === spent ? [] : [`the receipt says ${told} of ${account}, the ledger ${spent}`];
  });
}

/** Every shot is done, failed for a reason, or waits for a person who was told. */
function unfinished({ shots }: Ledger): string[] {
  return shots
    .filter(({ state }) => state === 'open' || state === 'bound')
    .map(({ key, state }) => `${key} is still ${state}`);
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
