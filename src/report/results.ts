import { join } from 'node:path';
import type { ReportLedger, ShotRow, SubmissionLedger, SubmissionRow } from '../ledger/port.ts';
import { BlobMissingError, type Blobs } from '../storage/blobs.ts';
import { keepAllOld } from '../storage/old-folder.ts';
import { batchFolder } from '../storage/out-files.ts';
import { materialiseAll, retire, type Unplaced } from '../storage/out-tree.ts';
import { balanceChanges, checksOf } from './checks.ts';
import { writeContactSheet } from './contact-sheet.ts';
import { readExcerpts } from './excerpts.ts';
import { fileNameOf } from './file-names.ts';
import { type ManifestLine, writeManifest } from './manifest.ts';
import {
  type OutProblem,
  outProblem,
  type OutputItem,
  type Placed,
  placeFiles,
  placeOf,
  type PlacingInput,
} from './place-files.ts';
import { receiptOf, writeReceipt } from './receipt.ts';
import { savedOutputs, sheetDataOf } from './sheet-data.ts';
import { decimalOrNull, sidecarOf } from './sidecar.ts';
import { makeThumbnails } from './thumbnails.ts';

export interface ResultsInput extends PlacingInput {
  readonly reports: Pick<
    ReportLedger,
    'status' | 'shots' | 'submissions' | 'knownFiles' | 'unshown' | 'balances' | 'accountUse'
  >;
  readonly submissions: Pick<SubmissionLedger, 'fetchAgain' | 'foundOutput'>;
  readonly now: () => number;
  readonly warn: (message: string) => void;
}

export interface Results extends Omit<Placed, 'results'> {
  /** `out/<batch>`. */
  readonly directory: string;
  /** Path of `index.html`, if it was written. */
  readonly contactSheet: string | undefined;
  readonly files: number;
  /** Places, relative to `directory`, of files that a person edited and that were left alone. */
  readonly kept: readonly string[];
}

/**
 * Brings `out/<batch>` in line with ledger and blobs: files, sidecars, manifest, receipt,
 * thumbnails and contact sheet. Safe to repeat at any time; correct files are not touched. A file
 * that cannot be written does not stop the rest and is listed in `problems`.
 * @throws UserError or a system error when the batch has no folder at all
 */
export async function writeResults(input: ResultsInput): Promise<Results> {
  const { outRoot, batch, blobs } = input;
  const directory = join(outRoot, batch);
  await batchFolder(outRoot, batch);
  let view = await readView(input);
  if (await recoverFound(input, view)) view = await readView(input);
  const problems: OutProblem[] = [];
  const attempt = async <Result>(place: string, work: () => Promise<Result>) => {
    try {
      return await work();
    } catch (error) {
      problems.push(outProblem(place, error));
      return undefined;
    }
  };

  const items = await itemsOf(view.shots, input, view);
  const places = new Set(items.map(placeOf));
  for (const old of await itemsOf(view.gone, input, view))
    if (!places.has(placeOf(old))) await attempt(placeOf(old), () => retire(outRoot, batch, old));
  // Paid files that belong to no shot any more are never deleted: they are in `_old/`.
  const former = await itemsOf(await Array.fromAsync(input.reports.unshown(batch)), input, view);
  const placed = await placeFiles(input, [
    { items, put: (some) => materialiseAll(outRoot, batch, some, blobs) },
    { items: former, put: (some) => keepAllOld(outRoot, batch, some, blobs) },
  ]);
  const { restored, fetchedAgain } = placed;
  const kept = items.filter((_, index) => placed.results[0]?.[index] === 'kept').map(placeOf);
  problems.push(...placed.problems);
  // Shots that were `done` wait for their files again.
  if (fetchedAgain.length > 0) view = await readView(input);
  const contactSheet = await writeReports(
    input,
    view,
    new Set(problems.map(({ place }) => place)),
    attempt,
  );
  return { directory, contactSheet, files: items.length, kept, problems, restored, fetchedAgain };
}

interface View {
  readonly submissions: ReadonlyMap<string, SubmissionRow>;
  readonly shots: readonly ShotRow[];
  /** Retired shots. */
  readonly gone: readonly ShotRow[];
}

async function readView({ reports, batch }: ResultsInput): Promise<View> {
  const submissions = new Map<string, SubmissionRow>();
  for await (const row of reports.submissions(batch)) submissions.set(row.submission, row);
  const shots: ShotRow[] = [];
  const gone: ShotRow[] = [];
  for await (const shot of reports.shots(batch, { retired: true }))
    (shot.state === 'retired' ? gone : shots).push(shot);
  return { submissions, shots, gone };
}

/** Recovers lost files, and files to be fetched again, from bytes on this machine. */
async function recoverFound(
  { submissions, blobs, recovery }: ResultsInput,
  { shots }: View,
): Promise<boolean> {
  let isFound = false;
  for (const { submission, outputs } of shots)
    for (const { state, sha256, bytes, index } of outputs) {
      if (state === 'saved' || sha256 === null || submission === null) continue;
      const isHere = (await isSound(blobs, sha256)) || (await recovery.restore({ sha256, bytes }));
      if (isHere && (await submissions.foundOutput(submission, index, sha256))) isFound = true;
    }
  return isFound;
}

async function isSound(blobs: Blobs, sha256: string): Promise<boolean> {
  return blobs.soundPath(sha256).then(
    () => true,
    (error: unknown) => {
      if (error instanceof BlobMissingError) return false;
      throw error;
    },
  );
}

/**
 * Checks whether all bytes saved for a batch are here, and recovers missing ones as `writeResults`
 * does. Writes nothing to `out/`.
 */
export async function checkFiles(input: ResultsInput): Promise<Placed> {
  const { reports, blobs, batch } = input;
  let view = await readView(input);
  if (await recoverFound(input, view)) view = await readView(input);
  const shots = [...view.shots];
  for await (const shot of reports.unshown(batch)) shots.push(shot);
  const look = async ({ sha256 }: OutputItem): Promise<'same' | Unplaced> =>
    blobs.path(sha256).then(
      () => 'same',
      (error: unknown) => ({ error }),
    );
  const items = await itemsOf(shots, input, view);
  return await placeFiles(input, [{ items, put: (some) => Promise.all(some.map(look)) }]);
}

/**
 * Writes manifest, receipt, thumbnails and sheet, each independently. @returns the sheet's path, if
 * it was written
 */
async function writeReports(
  input: ResultsInput,
  { shots, submissions }: View,
  absent: ReadonlySet<string>,
  attempt: <Result>(place: string, work: () => Promise<Result>) => Promise<Result | undefined>,
): Promise<string | undefined> {
  const { reports, blobs, outRoot, batch } = input;
  const directory = join(outRoot, batch);
  await attempt('manifest.jsonl', () =>
    writeManifest(join(directory, 'manifest.jsonl'), manifestLines(shots, submissions, absent)),
  );
  const status = await reports.status(batch);
  const rows = [...submissions.values()];
  const checks = checksOf(batch, rows, await balanceChanges(reports, batch));
  const receipt = receiptOf(batch, status?.accounts ?? [], rows, checks);
  await attempt('receipt.json', () => writeReceipt(join(directory, 'receipt.json'), receipt));
  if (!status) return undefined;
  const files = shots.flatMap(savedOutputs);
  const images = files.map(({ sha256, mime }) => ({ sha256, mime: mime ?? '' }));
  const thumbs =
    (await attempt('_thumbs', () => makeThumbnails(directory, images, blobs))) ?? new Set();
  const texts = await readExcerpts(files, blobs);
  const shown = { thumbs, texts, directory, now: input.now() };
  const data = sheetDataOf({ status, shots, submissions, ...shown });
  return await writeContactSheet(directory, data, input.warn);
}

async function itemsOf(
  shots: readonly ShotRow[],
  { reports, batch }: ResultsInput,
  { submissions }: View,
): Promise<OutputItem[]> {
  const items: OutputItem[] = [];
  for (const shot of shots) {
    const outputs = savedOutputs(shot);
    if (outputs.length === 0) continue;
    const knownShas = await reports.knownFiles(batch, shot.key);
    for (const output of outputs) {
      items.push({
        step: shot.step,
        fileName: fileNameOf(shot, output),
        sha256: output.sha256,
        bytes: output.bytes,
        submission: shot.submission ?? '',
        account: shot.account,
        index: output.index,
        knownShas: [...knownShas, output.sha256],
        sidecar: sidecarOf(batch, shot, output, submissions.get(shot.submission ?? '')),
      });
    }
  }
  return items;
}

/** Files that could not be written are `absent` and have no line. */
function* manifestLines(
  shots: readonly ShotRow[],
  submissions: ReadonlyMap<string, SubmissionRow>,
  absent: ReadonlySet<string>,
): Generator<ManifestLine> {
  for (const shot of shots) {
    const submission = submissions.get(shot.submission ?? '');
    const { unit } = shot.price;
    for (const output of savedOutputs(shot)) {
      const path = placeOf({ step: shot.step, fileName: fileNameOf(shot, output) });
      if (absent.has(path)) continue;
      yield {
        path,
        key: shot.key,
        step: shot.step,
        sha256: output.sha256,
        bytes: output.bytes,
        mime: output.mime,
        width: output.width,
        height: output.height,
        ...(output.damaged !== null && { damaged: output.damaged }),
        account: shot.request.account,
        model: shot.request.model,
        prompt: shot.request.prompt ?? null,
        price: decimalOrNull(submission?.billed ?? shot.price.amount, unit),
        unit,
        jobId: submission?.jobId ?? null,
      };
    }
  }
}
