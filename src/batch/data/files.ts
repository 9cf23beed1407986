/**
 * The files that a batch names. Paths are as written, relative to the batch file's folder. The
 * interface is synchronous, so that expansion is a plain generator.
 *
 * There are three implementations: the disk (validate, plan), a recorder around it (freeze), and
 * the frozen batch in the blob store (workers). So the same file gives the same shots wherever it
 * is expanded.
 */
export interface Files {
  /** Bytes of a data file, or undefined when there is no such file. */
  read(path: string): Uint8Array | undefined;
  /** Files that match a pattern, sorted by name; a file whose name is literally the pattern wins. */
  match(pattern: string): readonly string[];
  /** Facts about a referenced file, or undefined when it does not exist. */
  facts(path: string): FileFacts | undefined;
}

export interface FileFacts {
  readonly sha256: string;
  readonly bytes: number;
  /** Sniffed from the first bytes; undefined when it is neither image nor video. */
  readonly mime: string | undefined;
}
