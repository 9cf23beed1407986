import { accountName } from '../batch/ids.ts';
import type { BatchStatus, OutputRow, ShotRow, SubmissionRow } from '../ledger/port.ts';
import { decimalFromAmount } from '../money.ts';
import type { SheetData, SheetFile, SheetShot } from './contact-sheet.ts';
import { fileNameOf } from './file-names.ts';
import { lostText } from './lost-files.ts';
import { partialText } from './partial.ts';
import { decimalOrNull, isoTime } from './sidecar.ts';

/**
 * The contact sheet's data for a batch. `thumbs` are hashes of images with a thumbnail, `texts` are
 * excerpts of text files by hash.
 */
export function sheetDataOf(batch: {
  readonly status: BatchStatus;
  readonly shots: readonly ShotRow[];
  readonly submissions: ReadonlyMap<string, SubmissionRow>;
  readonly thumbs: ReadonlySet<string>;
  readonly texts: ReadonlyMap<string, string>;
  readonly directory: string;
  readonly now: number;
}): SheetData {
  const { status } = batch;
  return {
    batch: status.row.batch,
    state: status.row.state,
    directory: batch.directory,
    madeAt: new Date(batch.now).toISOString(),
    accounts: status.accounts.map((money) => ({
      account: accountName(money.account),
      unit: money.unit,
      spent: decimalFromAmount(money.spent, money.unit),
      planned: decimalFromAmount(money.planned, money.unit),
      reserved: decimalFromAmount(money.reserved, money.unit),
      ambiguous: decimalFromAmount(money.ambiguous, money.unit),
    })),
    steps: [...Map.groupBy(batch.shots, (shot) => shot.step)].map(([name, shots]) => ({
      name,
      shots: shots.map((shot) =>
        sheetShot(shot, batch.submissions.get(shot.submission ?? ''), batch),
      ),
    })),
  };
}

interface Shown {
  readonly thumbs: ReadonlySet<string>;
  readonly texts: ReadonlyMap<string, string>;
}

function sheetShot(shot: ShotRow, submission: SubmissionRow | undefined, shown: Shown): SheetShot {
  const { unit } = shot.price;
  const price = decimalOrNull(submission?.billed ?? shot.price.amount, unit);
  return {
    key: shot.key,
    name: shot.name,
    origin: shot.origin,
    state: stateOf(shot),
    reason: lostText(shot, submission) ?? shot.why ?? undefined,
    delivered: partialText(shot),
    account: shot.request.account,
    model: `${shot.request.account}:${shot.request.model}`,
    prompt: shot.request.prompt,
    price: price ?? undefined,
    unit,
    jobId: submission?.jobId ?? undefined,
    submittedAt: isoTime(submission?.submittedAt ?? null) ?? undefined,
    savedAt: isoTime(shot.outputs[0]?.savedAt ?? null) ?? undefined,
    facts: factsOf(shot),
    files: savedOutputs(shot).map((output) => sheetFile(shot, output, shown)),
  };
}

function sheetFile(
  shot: ShotRow,
  output: OutputRow & { sha256: string },
  { thumbs, texts }: Shown,
): SheetFile {
  const { sha256, width, height, damaged } = output;
  const text = texts.get(sha256);
  return {
    path: `${shot.step}/${fileNameOf(shot, output)}`,
    thumb: thumbs.has(sha256) ? `_thumbs/${sha256}.webp` : null,
    mime: output.mime ?? 'application/octet-stream',
    ...(text === undefined ? {} : { text }),
    width,
    height,
    ...(damaged !== null && { damaged }),
    sha256,
  };
}

/** Outputs whose bytes are in the blob store. */
export function savedOutputs(shot: ShotRow): (OutputRow & { sha256: string })[] {
  return shot.outputs.flatMap((output) =>
    output.state === 'saved' && output.sha256 !== null
      ? [{ ...output, sha256: output.sha256 }]
      : [],
  );
}

function stateOf(shot: ShotRow): SheetShot['state'] {
  switch (shot.state) {
    case 'done':
      return shot.cached ? 'cached' : 'succeeded';
    case 'bound':
      return 'running';
    case 'blocked':
    case 'skipped':
    case 'retired':
      return 'skipped';
    case 'open':
      return 'waiting';
    default:
      return shot.state;
  }
}

function factsOf(shot: ShotRow): Record<string, string> {
  const { aspectRatio, resolution, duration, seed, options } = shot.request;
  const all = Object.entries({ aspectRatio, resolution, duration, seed, ...options });
  return Object.fromEntries(
    all
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}
