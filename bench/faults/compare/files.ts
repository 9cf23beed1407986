import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SubmissionRow } from '../../../src/ledger/port.ts';
import { manifestOf, sha256Of } from '../../project-books.ts';
import { batch } from '../crew.ts';
import { asksForTheSame, type Entry, type Evidence, sameRequest, shapeOf } from './evidence.ts';
import { aroundMs } from './parked.ts';

const undecided: ReadonlySet<string> = new Set(['parked', 'stalled', 'ambiguous', 'claimed']);

/** Every job that succeeded is on disk with the bytes it was served with, or belongs to a submission that a person is asked about. */
export function lostOutputs({ folder, entries, ledger }: Evidence): string[] {
  const byJob = new Map(ledger.submissions.map((row) => [row.jobId, row]));
  // With `onAmbiguous: resubmit` what stayed ambiguous has failed, without a job id.
  const undecidedRows = ledger.submissions.filter(
    ({ state, jobId }) => undecided.has(state) || (state === 'failed' && jobId === null),
  ).length;
  const files = filesByJob(join(folder, 'out', batch));
  let untold = 0;
  const lost = entries.flatMap((entry) => {
    if (entry.kind === 'train' || entry.state !== 'success') return [];
    const row = byJob.get(entry.id);
    if (!row) {
      untold += 1;
      return [];
    }
    if (undecided.has(row.state) || row.duplicate || isShownEmpty(entry, row)) return [];
    return hasItsFiles(entry, row, files.get(entry.id) ?? [])
      ? []
      : [`the output of job ${entry.id} (${row.key}, ${row.state}: ${row.why}) is not on disk`];
  });
  // A parked request accounts for one job at most that the ledger does not know.
  if (untold > undecidedRows)
    lost.push(`${untold} accepted jobs are unknown, and only ${undecidedRows} requests undecided`);
  return lost;
}

/**
 * A file that some answer left out is not lost where the ledger never heard of it; one that came damaged each
 * time is there, and marked.
 */
function hasItsFiles({ outputs }: Entry, row: SubmissionRow, paths: readonly string[]): boolean {
  const sums = new Set(paths.filter(existsSync).map(sha256Of));
  const missing = outputs.filter(({ sha256 }) => sha256 === null || !sums.has(sha256));
  const withheld = missing.filter((output) => output.withheld).length;
  const untold = Math.max(0, outputs.length - row.outputs.length);
  const marked = row.outputs.filter(({ damaged }) => damaged !== null).length;
  return withheld <= untold && missing.length - withheld <= marked;
}

/** The vendor showed the job as done and without any file. */
function isShownEmpty({ outputs }: Entry, row: SubmissionRow): boolean {
  return row.state === 'failed' && outputs.every(({ withheld }) => withheld);
}

function filesByJob(root: string): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { jobId, path } of manifestOf(root))
    if (jobId !== null) found.set(jobId, [...(found.get(jobId) ?? []), join(root, path)]);
  return found;
}

/**
 * A shot has the image of its own request, not of another's. That is not told where a gateway repeated one
 * request alone of that time, and the vendor tells no more of it than its prompt, which is also the shot's.
 */
export function mixedUp({ book, ledger }: Evidence): string[] {
  const entries = new Map(book.accepted.map((entry) => [entry.id, entry]));
  const rows = new Map(ledger.submissions.map((row) => [row.submission, row]));
  return ledger.shots.flatMap((shot) => {
    const entry = entries.get(rows.get(shot.submission ?? '')?.jobId ?? '');
    if (shot.state !== 'done' || entry?.request.prompt === undefined) return [];
    const { prompt } = entry.request;
    const mayBe = prompt === shot.request.prompt && isOnlyRepeat(entry, book.accepted);
    if (mayBe || asksForTheSame(entry, shot)) return [];
    return [`${shot.key} has the image of "${prompt}" ${shapeOf(entry) ?? ''}`];
  });
}

/** Whether it, or the request that it came from, is what was repeated: either may be the one that is answered. */
function isOnlyRepeat(entry: Entry, accepted: readonly Entry[]): boolean {
  const isNear = ({ vendor, at }: Entry): boolean =>
    vendor === entry.vendor && Math.abs(Date.parse(at) - Date.parse(entry.at)) < aroundMs;
  const repeats = accepted.filter((each) => each.by === 'gateway' && isNear(each));
  const [only, ...more] = repeats;
  return only !== undefined && more.length === 0 && sameRequest(only, entry);
}

/** Files that the vendor never gave whole, and files that it did not show: no failures of ours. */
export function vendorsOwn({ entries }: Evidence): { damaged: number; withheld: number } {
  const outputs = entries.flatMap((entry) => entry.outputs);
  return {
    damaged: outputs.filter(({ damaged }) => damaged).length,
    withheld: outputs.filter(({ withheld, sha256 }) => withheld && sha256 === null).length,
  };
}
