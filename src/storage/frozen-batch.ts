import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { FileFacts, Files } from '../batch/data/files.ts';
import { UserError } from '../errors.ts';
import { canonicalJson } from '../json.ts';
import { BlobMissingError, type Blobs } from './blobs.ts';
import type { Recovery } from './recovery.ts';

/** All file answers during the expansion of a batch; null: no such file. */
export interface RecordedFiles {
  readonly reads: ReadonlyMap<string, Uint8Array | null>;
  readonly matches: ReadonlyMap<string, readonly string[]>;
  readonly facts: ReadonlyMap<string, FileFacts | null>;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const manifestSchema = z.strictObject({
  version: z.literal(1),
  file: z.string(),
  source: hash,
  reads: z.array(z.tuple([z.string(), hash.nullable()])),
  matches: z.array(z.tuple([z.string(), z.array(z.string())])),
  facts: z.array(
    z.tuple([
      z.string(),
      z.strictObject({ sha256: hash, bytes: z.number(), mime: z.string().optional() }).nullable(),
    ]),
  ),
});
type FrozenManifest = z.infer<typeof manifestSchema>;

/**
 * Files that cache and repeat their answers, so that one expansion sees one state of the disk.
 */
export function recordingFiles(files: Files): Files & { recorded(): RecordedFiles } {
  const reads = new Map<string, Uint8Array | null>();
  const matches = new Map<string, readonly string[]>();
  const facts = new Map<string, FileFacts | null>();
  return {
    read: (path) => remembered(reads, path, () => files.read(path) ?? null) ?? undefined,
    match: (pattern) => remembered(matches, pattern, () => files.match(pattern)),
    facts: (path) => remembered(facts, path, () => files.facts(path) ?? null) ?? undefined,
    recorded: () => ({ reads, matches, facts }),
  };
}

function remembered<T>(answers: Map<string, T>, question: string, ask: () => T): T {
  const known = answers.get(question);
  if (known !== undefined) return known;
  const answer = ask();
  answers.set(question, answer);
  return answer;
}

/**
 * Stores the batch file, the data files and the bytes of every referenced file. Returns the sha-256 of
 * the manifest blob that names them all. Equal batches have the same manifest.
 * @throws UserError if a file has changed since it was recorded
 */
export async function freeze(batch: {
  readonly file: string;
  readonly source: string;
  /** The base folder of recorded paths. */
  readonly folder: string;
  readonly recorded: RecordedFiles;
  readonly blobs: Blobs;
}): Promise<string> {
  const { blobs, recorded } = batch;
  const reads: [string, string | null][] = [];
  for (const [path, bytes] of recorded.reads)
    reads.push([path, bytes === null ? null : await blobs.put(bytes)]);
  for (const [path, facts] of recorded.facts)
    if (facts !== null) await storeFile(path, resolve(batch.folder, path), facts, blobs);
  const manifest: FrozenManifest = {
    version: 1,
    file: batch.file,
    source: await blobs.put(Buffer.from(batch.source)),
    reads: reads.toSorted(byQuestion),
    matches: [...recorded.matches]
      .map(([pattern, paths]): [string, string[]] => [pattern, [...paths]])
      .toSorted(byQuestion),
    facts: [...recorded.facts].toSorted(byQuestion),
  };
  return await blobs.put(Buffer.from(canonicalJson(manifest)));
}

const byQuestion = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : a > b ? 1 : 0;

async function storeFile(
  path: string,
  place: string,
  facts: FileFacts,
  blobs: Blobs,
): Promise<void> {
  if (await isThere(blobs, facts)) return;
  const stored = await blobs
    .putStream(createReadStream(place), { maxBytes: Math.max(facts.bytes, 1) })
    .catch(() => undefined);
  if (stored?.sha256 === facts.sha256) return;
  throw new UserError(`${path} changed while the batch was being read`, {
    next: ['run the same command again once the file is complete'],
  });
}

/** Checks the length only: a wrong length means damage. The bytes are read when they are sent. */
async function isThere(blobs: Blobs, { sha256, bytes }: FileFacts): Promise<boolean> {
  if (!(await blobs.has(sha256))) return false;
  return (await stat(await blobs.path(sha256))).size === bytes;
}

/**
 * The frozen batch, independent of the disk: the same reads return the same results on any machine. A
 * read that was not recorded is an error, because its result would differ between machines. Bytes lost
 * from the blob store are read from the disk again, if the file is still the same.
 * @throws UserError if they cannot be restored; BlobMissingError if the disk refuses to read them
 */
export async function openFrozen(
  blobs: Blobs,
  manifestSha: string,
  recovery?: Recovery,
): Promise<{ readonly source: string; readonly file: string; readonly files: Files }> {
  const bytesOf = async (sha256: string, path?: string): Promise<Uint8Array> => {
    try {
      return await blobs.get(sha256);
    } catch (error) {
      if (!(error instanceof BlobMissingError)) throw error;
      if (path !== undefined && (await recovery?.restore({ sha256, path })))
        return await blobs.get(sha256);
      // A disk error may be temporary: the caller retries.
      throw error.problem === 'unreadable' ? error : notStored(path ?? 'the batch', error);
    }
  };
  const manifest = manifestSchema.parse(JSON.parse(text(await bytesOf(manifestSha))));
  const reads = new Map<string, Uint8Array | null>();
  for (const [path, sha256] of manifest.reads)
    reads.set(path, sha256 === null ? null : await bytesOf(sha256, path));
  const matches = new Map(manifest.matches);
  const facts = new Map<string, FileFacts | null>();
  for (const [path, fact] of manifest.facts)
    facts.set(path, fact && { sha256: fact.sha256, bytes: fact.bytes, mime: fact.mime });
  return {
    source: text(await bytesOf(manifest.source, manifest.file)),
    file: manifest.file,
    files: {
      read: (path) => answerOf(reads, path) ?? undefined,
      match: (pattern) => answerOf(matches, pattern),
      facts: (path) => answerOf(facts, path) ?? undefined,
    },
  };
}

function notStored(what: string, cause: BlobMissingError): UserError {
  return new UserError(
    `${what}, as it was when the run started, is ${cause.problem} in the blob store`,
    {
      next: ['run the batch again from its file, so that it is stored again'],
      cause,
    },
  );
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

function answerOf<T>(answers: ReadonlyMap<string, T>, question: string): T {
  const answer = answers.get(question);
  if (answer !== undefined) return answer;
  throw new UserError(`${question} was not stored with the batch when it was started`, {
    next: ['run the batch again from its file, so that it is stored again'],
  });
}
