import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeWhole } from '../storage/atomic-file.ts';

/** One output in `manifest.jsonl`; `path` is relative to the batch's folder, with `/`. */
export interface ManifestLine {
  readonly path: string;
  readonly key: string;
  readonly step: string;
  readonly sha256: string;
  readonly bytes: number | null;
  readonly mime: string | null;
  readonly width: number | null;
  readonly height: number | null;
  /** Why the file is not whole; absent for a whole file. */
  readonly damaged?: string;
  readonly account: string;
  readonly model: string;
  readonly prompt: string | null;
  readonly price: string | null;
  readonly unit: string;
  readonly jobId: string | null;
}

/** Writes `manifest.jsonl`, one line per output in plan order. The write is atomic. */
export async function writeManifest(path: string, lines: Iterable<ManifestLine>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, linesOf(lines));
}

function* linesOf(lines: Iterable<ManifestLine>): Generator<string> {
  for (const line of lines) yield `${JSON.stringify(line)}\n`;
}
