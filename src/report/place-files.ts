import { join } from 'node:path';
import { accountName } from '../batch/ids.ts';
import { UserError } from '../errors.ts';
import type { SubmissionLedger } from '../ledger/port.ts';
import { BlobMissingError, type BlobProblem, type Blobs } from '../storage/blobs.ts';
import type { MaterialItem } from '../storage/out-files.ts';
import type { Materialised, Unplaced } from '../storage/out-tree.ts';
import type { Recovery } from '../storage/recovery.ts';
import { systemFailure } from '../system-errors.ts';

/** An output to be written to its place in `out/`. */
export interface OutputItem extends MaterialItem {
  readonly submission: string;
  /** The ledger's key of the account that made it. */
  readonly account: string;
  readonly index: number;
  readonly bytes: number | null;
}

/** A file that could not be written, described for a person. */
export interface OutProblem {
  /** Relative to the batch's folder. */
  readonly place: string;
  readonly why: string;
  /** The command or action that helps. */
  readonly next: string;
}

export interface PlacingInput {
  readonly submissions: Pick<SubmissionLedger, 'fetchAgain'>;
  readonly blobs: Blobs;
  readonly recovery: Recovery;
  readonly outRoot: string;
  readonly batch: string;
  /**
   * Also fetch again when most files of the batch are gone, for example when the blob store's disk
   * is not mounted.
   */
  readonly fetchAll?: boolean;
  /** Whether the account can be asked for a file: here, or by a worker elsewhere. */
  isServed(account: string): boolean;
}

/** Files for places of one kind. */
export interface PlacingGroup {
  readonly items: readonly OutputItem[];
  /** Writes some of the files. The results are in the same order. */
  put(items: readonly OutputItem[]): Promise<readonly (Materialised | Unplaced)[]>;
}

export interface Placed {
  /** One list per group, in the order of its items. */
  readonly results: readonly (readonly (Materialised | Unplaced)[])[];
  readonly problems: readonly OutProblem[];
  /** Places with bytes lost from the blob store and restored from elsewhere on this machine. */
  readonly restored: readonly string[];
  /** Places with bytes nowhere on this machine: the vendor is asked for them again. */
  readonly fetchedAgain: readonly string[];
}

/** This many lost files, and more than half of all, suggest a missing disk rather than deleted files. */
const manyLost = 10;

export const placeOf = (item: Pick<MaterialItem, 'step' | 'fileName'>): string =>
  `${item.step}/${item.fileName}`;

/**
 * Writes every file to its place where possible. Restores lost bytes from anywhere on this machine.
 * Fetches the rest from the vendor again.
 */
export async function placeFiles(
  input: PlacingInput,
  groups: readonly PlacingGroup[],
): Promise<Placed> {
  const results: (Materialised | Unplaced)[][] = [];
  const restored: string[] = [];
  const failed: { readonly item: OutputItem; readonly error: unknown }[] = [];
  for (const group of groups) {
    const placed = await placeGroup(input, group, restored);
    results.push(placed);
    for (const [position, item] of group.items.entries()) {
      const result = placed[position];
      if (typeof result === 'object') failed.push({ item, error: result.error });
    }
  }
  const total = groups.reduce((sum, { items }) => sum + items.length, 0);
  const lost = failed.filter(({ error }) => error instanceof BlobMissingError).length;
  const isAway = !input.fetchAll && lost >= manyLost && lost > total - lost;
  const fetchedAgain: string[] = [];
  const problems: OutProblem[] = [];
  for (const { item, error } of failed)
    if (!(error instanceof BlobMissingError)) problems.push(outProblem(placeOf(item), error));
    else if (isAway) problems.push(awayProblem(input.batch, item, error.problem));
    else if (!input.isServed(item.account)) problems.push(unservedProblem(input.batch, item));
    else if (await fetchAgain(input, item, error.problem)) fetchedAgain.push(placeOf(item));
  return { results, problems, restored, fetchedAgain };
}

async function placeGroup(
  input: PlacingInput,
  { items, put }: PlacingGroup,
  restored: string[],
): Promise<(Materialised | Unplaced)[]> {
  const results = [...(await put(items))];
  const again: { readonly item: OutputItem; readonly position: number }[] = [];
  for (const [position, item] of items.entries()) {
    if (!isLost(results[position])) continue;
    try {
      if (await restore(input, item)) again.push({ item, position });
    } catch (error) {
      results[position] = { error };
    }
  }
  const second = await put(again.map(({ item }) => item));
  for (const [index, result] of second.entries()) {
    const { item, position } = again[index] ?? {};
    if (item === undefined || position === undefined) continue;
    results[position] = result;
    if (typeof result === 'string') restored.push(placeOf(item));
  }
  return results;
}

function isLost(result: Materialised | Unplaced | undefined): boolean {
  return typeof result === 'object' && result.error instanceof BlobMissingError;
}

/** Checks the file's own place in `out/` first, since its bytes are usually there. */
async function restore(
  { recovery, outRoot, batch }: PlacingInput,
  { step, fileName, sha256, bytes }: OutputItem,
): Promise<boolean> {
  const path = join(outRoot, batch, step, fileName);
  return await recovery.restore({ sha256, bytes, path });
}

async function fetchAgain(
  { submissions }: PlacingInput,
  { submission, index, sha256 }: OutputItem,
  problem: BlobProblem,
): Promise<boolean> {
  const why = `its blob is ${problem}; fetched again`;
  return await submissions.fetchAgain(submission, index, { sha256, why });
}

function awayProblem(batch: string, item: OutputItem, problem: BlobProblem): OutProblem {
  return {
    place: placeOf(item),
    why: `its blob is ${problem}, like most of this batch`,
    next:
      'connect the disk of the blob store; where it is gone for good, fetch all files again, free: ' +
      `shotlist collect ${batch} --refetch`,
  };
}

function unservedProblem(batch: string, item: OutputItem): OutProblem {
  const account = accountName(item.account);
  return {
    place: placeOf(item),
    why: `its file is gone from this machine, and ${account} has no key here to fetch it again`,
    next: `give ${account} its key, then fetch it, free: shotlist collect ${batch}`,
  };
}

/** Describes why `place` could not be written. */
export function outProblem(place: string, error: unknown): OutProblem {
  if (error instanceof UserError)
    return { place, why: error.message, next: error.next.join('; ') || 'run the batch again' };
  const failure = systemFailure(error);
  if (!failure) throw error;
  return { place, why: `${failure.why} (${failure.code})`, next: failure.next };
}
