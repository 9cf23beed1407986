import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, relative, resolve } from 'node:path';
import { checkBatch } from '../../batch/checks/check-batch.ts';
import type { BatchDocument } from '../../batch/file/document.ts';
import type { Catalogue } from '../../batch/model-spec.ts';
import { parseBatch } from '../../batch/file/parse.ts';
import type { Problem } from '../../batch/problem.ts';
import { formatProblems } from '../../batch/file/report-problems.ts';
import { batchBytesMax } from '../../batch/file/yaml-file.ts';
import { batchPath, type Config, loadConfig } from '../../config/config.ts';
import { settingsName } from '../../config/settings-file.ts';
import { UserError } from '../../errors.ts';
import type { MistakesDocument } from '../json/errors.ts';
import { shellQuoted } from '../../shell-quoted.ts';
import { diskFiles } from '../../storage/disk-files.ts';
import { recordingFiles } from '../../storage/frozen-batch.ts';
import { asUserError } from '../../system-errors.ts';
import type { Terminal } from '../../terminal.ts';

/** A batch file without errors. */
export interface LoadedBatch {
  readonly path: string;
  readonly folder: string;
  readonly source: string;
  readonly config: Config;
  readonly catalogue: Catalogue;
  readonly document: BatchDocument;
  readonly files: ReturnType<typeof recordingFiles>;
  /** Notes only; errors throw. */
  readonly notes: readonly Problem[];
}

/** One batch or more have errors: all of them, with their places. Nothing was sent. */
export class InvalidBatch extends UserError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], text: string, exitCode: UserError['exitCode'] = 2) {
    super(text, { exitCode });
    this.problems = problems;
  }

  /** The errors of several files as one, with the worst exit code. */
  static ofAll(failures: ReadonlyMap<string, UserError>): InvalidBatch {
    const errors = [...failures.values()];
    const problems = [...failures].flatMap(([file, error]) =>
      error instanceof InvalidBatch ? error.problems : [problemOf(file, error)],
    );
    // A mistake in the settings is one of every file beside them.
    const texts = new Set(errors.map((error) => error.toText()));
    const worst = errors.toSorted((one, other) => other.exitCode - one.exitCode)[0]?.exitCode;
    return new InvalidBatch(problems, [...texts].join('\n\n'), worst);
  }

  /** Every problem already begins with its place. */
  override toText(): string {
    return this.message;
  }

  override toJSON(): MistakesDocument {
    return {
      errors: this.problems
        .filter(({ severity }) => severity === 'error')
        .map(({ place, path, message, hint, allowed, didYouMean }) => ({
          file: place.file,
          line: place.line,
          column: place.column,
          path,
          message,
          ...(hint === undefined ? {} : { hint }),
          ...(allowed === undefined ? {} : { allowed }),
          ...(didYouMean === undefined ? {} : { didYouMean }),
        })),
    };
  }
}

/** An error that is about a whole file. */
function problemOf(file: string, { message, next }: UserError): Problem {
  const place = { file, line: 1, column: 1 };
  const hint = next.length > 0 ? { hint: next.join('; ') } : {};
  return { severity: 'error', message, place, path: [], ...hint };
}

/** A batch file as read, with or without errors. */
export interface BatchFile {
  readonly path: string;
  readonly folder: string;
  readonly source: string;
  /** Its path as messages show it. */
  readonly shown: string;
  readonly config: Config;
  readonly parsed: ReturnType<typeof parseBatch>;
  readonly files: ReturnType<typeof recordingFiles>;
}

/** @throws UserError when there is no such file */
export function readBatch(terminal: Terminal, file: string): BatchFile {
  const path = batchPath(terminal.environment, resolve(terminal.folder, file));
  const stats = readable(file, () => statSync(path, { throwIfNoEntry: false }));
  if (!stats?.isFile())
    throw new UserError(`there is no batch file ${file}`, {
      next: ['write one: shotlist init my-batch.yaml'],
    });
  if (basename(path) === settingsName)
    throw new UserError(`${file} holds settings, not a batch`, {
      next: [`check it: shotlist validate ${shellQuoted(file)}`],
    });
  if (!['.yaml', '.yml'].includes(extname(path)))
    throw new UserError(`${file} is not a batch file: its name must end in .yaml`);
  const folder = dirname(path);
  if (stats.size > batchBytesMax)
    throw new UserError(`${file} is larger than ${batchBytesMax / 1024 / 1024} MB`, {
      next: ['put the rows into a data file: .csv or .jsonl'],
    });
  const source = textOf(
    readable(file, () => readFileSync(path)),
    file,
  );
  const shown = relative(terminal.folder, path) || path;
  return {
    path,
    folder,
    source,
    shown,
    config: loadConfig(terminal.environment, folder),
    parsed: parseBatch(source, shown),
    files: recordingFiles(diskFiles(folder)),
  };
}

/** @throws UserError when the file system refuses the call */
function readable<Result>(file: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw asUserError(error, `cannot read ${file}`);
  }
}

/** Decodes the text without its byte order mark. @throws UserError when the bytes are not UTF-8 */
function textOf(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UserError(`${file} is not UTF-8`, { next: ['save it as UTF-8'], cause });
  }
}

/** All problems of the batch, according to the current catalogue. */
export function problemsOf({ parsed, files }: BatchFile, catalogue: Catalogue): readonly Problem[] {
  const { document, sound, problems } = parsed;
  const context = { files, catalogue };
  return [
    ...problems,
    ...(document ? checkBatch(document, context) : []),
    // Notes are dropped: they might concern things that only the broken steps use.
    ...(sound ? checkBatch(sound, context).filter(({ severity }) => severity === 'error') : []),
  ];
}

/** @throws InvalidBatch when an error is among the problems */
export function soundBatch(
  { parsed, shown, files, ...about }: BatchFile,
  catalogue: Catalogue,
  problems: readonly Problem[],
): LoadedBatch {
  const { document } = parsed;
  const sources = (name: string): string | undefined => {
    if (name === shown) return about.source;
    const bytes = files.read(name);
    return bytes && Buffer.from(bytes).toString('utf8');
  };
  if (!document || problems.some(({ severity }) => severity === 'error'))
    throw new InvalidBatch(problems, formatProblems(problems, sources));
  return { ...about, catalogue, document, files, notes: problems };
}
