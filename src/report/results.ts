import { join } from 'node:path';
import type { ReportLedger, ShotRow, SubmissionRow } from '../ledger/port.ts';
import type { Blobs } from '../storage/blobs.ts';
import { keepOld } from '../storage/old-folder.ts';
import { batchFolder, type MaterialItem } from '../storage/out-files.ts';
import { materialiseAll, retire } from '../storage/out-tree.ts';
import { balanceChanges, checksOf } from './checks.ts';
import { writeContactSheet } from './contact-sheet.ts';
import { readExcerpts } from './excerpts.ts';
import { outputFileName } from './file-names.ts';
import { writeManifest } from './manifest.ts';
import type { ManifestLine } from './manifest.ts';
import { receiptOf, writeReceipt } from './receipt.ts';
import { savedOutputs, sheetDataOf } from './sheet-data.ts';
import { decimalOrNull, sidecarOf } from './sidecar.ts';
import { makeThumbnails } from './thumbnails.ts';

export interface ResultsInput {
  readonly reports: Pick<
    ReportLedger,
    'status' | 'shots' | 'submissions' | 'knownFiles' | 'unshown' | 'balances' | 'accountUse'
  >;
  readonly blobs: Blobs;
  /** The folder that holds one folder per batch. */
  readonly outRoot: string;
  readonly batch: string;
  readonly now: () => number;
  readonly warn: (message: string) => void;
}

export interface Results {
  /** `out/<batch>`. */
  readonly directory: string;
  /** Path of `index.html`, where it could be written. */
  readonly gallery: string | undefined;
  readonly files: number;
  /** Places, relative to `directory`, where a person's file was left alone. */
  readonly kept: readonly string[];
}

/**
 * Brings `out/<batch>` in line with ledger and blobs: files and sidecars, manifest, receipt, thumbnails
 * and contact sheet. May be repeated at any time; what is right already is not touched.
 */
export async function writeResults(input: ResultsInput): Promise<Results> {
  const { reports, blobs, outRoot, batch } = input;
  const directory = join(outRoot, batch);
  await batchFolder(outRoot, batch);
  const submissions = new Map<string, SubmissionRow>();
  for await (const row of reports.submissions(batch)) submissions.set(row.submission, row);
  const shots: ShotRow[] = [];
  const gone: ShotRow[] = [];
  for await (const shot of reports.shots(batch, { retired: true }))
    (shot.state === 'retired' ? gone : shots).push(shot);

  const items = await itemsOf(shots, input, submissions);
  const places = new Set(items.map(placeOf));
  for (const old of await itemsOf(gone, input, submissions))
    if (!places.has(placeOf(old))) await retire(outRoot, batch, old);
  const results = await materialiseAll(outRoot, batch, items, blobs);
  await keepUnshown(input, submissions);

  await writeManifest(join(directory, 'manifest.jsonl'), manifestLines(shots, submissions));
  const status = await reports.status(batch);
  const rows = [...submissions.values()];
  const checks = checksOf(batch, rows, await balanceChanges(reports, batch));
  const receipt = receiptOf(batch, status?.accounts ?? [], rows, checks);
  await writeReceipt(join(directory, 'receipt.json'), receipt);
  let gallery: string | undefined;
  if (status) {
    const files = shots.flatMap(savedOutputs);
    const thumbs = await makeThumbnails(
      directory,
      files.map(({ sha256, mime }) => ({ sha256, mime: mime ?? '' })),
      blobs,
    );
    const texts = await readExcerpts(files, blobs);
    const shown = { thumbs, texts, directory, now: input.now() };
    const data = sheetDataOf({ status, shots, submissions, ...shown });
    gallery = await writeContactSheet(directory, data, input.warn);
  }
  const kept = items.filter((_, index) => results[index] === 'kept').map(placeOf);
  return { directory, gallery, files: items.length, kept };
}

/** What was paid for and belongs to no shot any more is never thrown away: it lies in `_old/`. */
async function keepUnshown(
  input: ResultsInput,
  submissions: ReadonlyMap<string, SubmissionRow>,
): Promise<void> {
  const { reports, blobs, outRoot, batch } = input;
  const former: ShotRow[] = [];
  for await (const shot of reports.unshown(batch)) former.push(shot);
  for (const item of await itemsOf(former, input, submissions))
    if (await blobs.has(item.sha256)) await keepOld(outRoot, batch, item, blobs);
}

const placeOf = (item: MaterialItem): string => `${item.step}/${item.fileName}`;

async function itemsOf(
  shots: readonly ShotRow[],
  { reports, batch }: ResultsInput,
  submissions: ReadonlyMap<string, SubmissionRow>,
): Promise<MaterialItem[]> {
  const items: MaterialItem[] = [];
  for (const shot of shots) {
    const outputs = savedOutputs(shot);
    if (outputs.length === 0) continue;
    const knownShas = await reports.knownFiles(batch, shot.key);
    for (const output of outputs) {
      items.push({
        step: shot.step,
        fileName: outputFileName(shot, output),
        sha256: output.sha256,
        knownShas: [...knownShas, output.sha256],
        sidecar: sidecarOf(batch, shot, output, submissions.get(shot.submission ?? '')),
      });
    }
  }
  return items;
}

function* manifestLines(
  shots: readonly ShotRow[],
  submissions: ReadonlyMap<string, SubmissionRow>,
): Generator<ManifestLine> {
  for (const shot of shots) {
    const submission = submissions.get(shot.submission ?? '');
    const { unit } = shot.price;
    for (const output of savedOutputs(shot)) {
      yield {
        path: `${shot.step}/${outputFileName(shot, output)}`,
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
