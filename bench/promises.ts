import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ShotRow } from '../src/ledger/port.ts';
import { type LedgerBook, manifestOf, readLedger, sha256Of } from './project-books.ts';
import type { SimulatorBook, Stage } from './stage.ts';

/** What the simulator's book, the ledger and the files say of each other. */
export interface Findings {
  readonly shots: number;
  readonly done: number;
  readonly parked: number;
  /** Never planned, because the image they would read is parked. */
  readonly behindParked: number;
  readonly accepted: number;
  readonly acceptedTwice: number;
  readonly trainings: number;
  readonly uploads: number;
  readonly uploadedTwice: number;
  /** Accepted jobs whose id the ledger lacks, and no parked shot accounts for. */
  readonly unknownJobs: number;
  readonly wrongFiles: number;
  /** Each parked shot with what is known of it. */
  readonly parkedShots: readonly string[];
  /** Promises that were not kept, in words. */
  readonly broken: readonly string[];
}

export async function compare(
  stage: Stage,
  batch: string,
  expected: { readonly shots: number; readonly revealing: boolean },
): Promise<Findings> {
  const book = await stage.book();
  const ledger = await readLedger(stage.folder, batch);
  const parked = ledger.shots.filter(({ state }) => state === 'parked');
  const done = ledger.shots.filter(({ state }) => state === 'done').length;
  const images = book.accepted.filter(({ kind }) => kind !== 'train');
  const findings = {
    shots: expected.shots,
    done,
    parked: parked.length,
    behindParked: parked.filter(({ step }) => step === 'still').length,
    accepted: images.length,
    acceptedTwice: repeated(images.map(({ kind, requestSha }) => `${kind} ${requestSha}`)),
    trainings: book.accepted.length - images.length,
    uploads: book.uploads.length,
    uploadedTwice: repeated(book.uploads.map(({ model, sha256 }) => `${model} ${sha256}`)),
    unknownJobs: unknownJobs(book, ledger, parked),
    wrongFiles: wrongFiles(stage, batch, book, ledger),
    parkedShots: parked.map(({ key, why, submission }) => `${key}: ${why} (${submission})`),
  };
  return { ...findings, broken: brokenPromises(findings, expected.revealing) };
}

function brokenPromises(found: Omit<Findings, 'broken'>, revealing: boolean): string[] {
  const { shots, done, parked, behindParked } = found;
  const rules: [boolean, string][] = [
    [found.acceptedTwice === 0, `${found.acceptedTwice} shots were accepted twice`],
    [found.trainings === 1, `${found.trainings} trainings instead of one`],
    [found.uploadedTwice === 0, `${found.uploadedTwice} files were uploaded twice`],
    [found.unknownJobs === 0, `${found.unknownJobs} accepted jobs are unknown to the ledger`],
    [found.wrongFiles === 0, `${found.wrongFiles} done shots lack their file or its right bytes`],
    [!revealing || parked === 0, `${parked} shots are parked though the list tells jobs apart`],
    [
      done + parked + behindParked === shots,
      `${shots} shots, but ${done} done, ${parked} parked, ${behindParked} behind parked ones`,
    ],
  ];
  return rules.filter(([kept]) => !kept).map(([, words]) => words);
}

/** How many came more often than once. */
function repeated(names: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts.values()].filter((count) => count > 1).length;
}

/** A parked shot accounts for the one job that was asked for with its prompt; upscales have none to compare. */
function unknownJobs(book: SimulatorBook, ledger: LedgerBook, parked: readonly ShotRow[]): number {
  const known = new Set(ledger.submissions.map(({ jobId }) => jobId));
  const prompts = new Set(parked.map(({ request }) => request.prompt));
  let upscales = parked.filter(({ request }) => request.prompt === undefined).length;
  const unknown = book.accepted.filter(({ kind, id, request }) => {
    if (kind === 'train' || known.has(id)) return false;
    if (request.prompt === undefined) return --upscales < 0;
    return !prompts.has(request.prompt);
  });
  return unknown.length;
}

/** Each done shot must have the file that the manifest names, with the bytes that its job was served with. */
function wrongFiles(stage: Stage, batch: string, book: SimulatorBook, ledger: LedgerBook): number {
  const root = join(stage.folder, 'out', batch);
  const served = new Map(book.accepted.map((entry) => [entry.id, entry]));
  const files = new Map(manifestOf(root).map((line) => [line.key, line]));
  const wrong = ledger.shots.filter(({ key, state, request }) => {
    if (state !== 'done') return false;
    const line = files.get(key);
    const path = line && join(root, line.path);
    const job = served.get(line?.jobId ?? '');
    if (!path || !job || !existsSync(path)) return true;
    const sha256 = sha256Of(path);
    const isOwn = job.request.prompt === request.prompt;
    return !isOwn || !job.outputs.some((output) => output.sha256 === sha256);
  });
  return wrong.length;
}
