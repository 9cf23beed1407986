import { accessSync, constants, statfsSync, type Stats, statSync } from 'node:fs';
import { dirname, parse, relative, resolve, sep } from 'node:path';
import { UserError } from './errors.ts';
import { shellQuoted } from './shell-quoted.ts';

/** An operation refused by the operating system, directly or through the database. */
export interface SystemFailure {
  /** `ENOSPC`, or `SQLITE_FULL`. */
  readonly code: string;
  readonly path: string | undefined;
  /** The reason, without the path and without a full stop. */
  readonly why: string;
  /** The command or step that helps. */
  readonly next: string;
}

type Words = readonly [why: string, next: (path: string | undefined) => string];

const notAllowed: Words = ['permission denied', (path) => permissionHelp(path)];
const readOnly: Words = [
  'the disk is read-only',
  (path) => `make it writable, or use another one: ${command('df -h', path)}`,
];
const full: Words = ['the disk is full', (path) => `make room: ${command('df -h', path)}`];
const tooMany: Words = ['too many files are open', () => 'allow more: ulimit -n 4096'];
const failing: Words = [
  'the disk does not answer properly',
  (path) => `check the disk and its connection: ${command('df -h', path)}`,
];
const inTheWay: Words = [
  'something else stands in its place',
  (path) => `inspect it, and move it away: ${command('ls -ld', path)}`,
];

const systemWords: Readonly<Record<string, Words>> = {
  EACCES: notAllowed,
  EPERM: notAllowed,
  EROFS: readOnly,
  ENOSPC: full,
  EDQUOT: ['the disk quota is used up', (path) => `make room: ${command('df -h', path)}`],
  EFBIG: [
    'the file would be larger than is allowed',
    () => 'allow larger files: ulimit -f unlimited',
  ],
  EMFILE: tooMany,
  ENFILE: tooMany,
  EIO: failing,
  ESTALE: failing,
  ENODEV: failing,
  ENXIO: failing,
  EBUSY: ['another program uses it', () => 'close that program, then run the command again'],
  ENOTDIR: ['a file stands where a folder is needed', inTheWay[1]],
  EISDIR: ['a folder stands where a file is needed', inTheWay[1]],
  EEXIST: inTheWay,
  ENOTEMPTY: inTheWay,
  ENOENT: ['it is not there', (path) => `look for it: ${command('ls', path && dirname(path))}`],
  ELOOP: ['its links lead round in a circle', inTheWay[1]],
  ENAMETOOLONG: ['its name is too long', () => 'use a shorter folder name'],
};

const inOutCode = 10;
const fullCode = 13;

/** Primary result codes of SQLite. */
const databaseWords: Readonly<Record<number, readonly [code: string, ...Words]>> = {
  3: ['SQLITE_PERM', ...notAllowed],
  5: [
    'SQLITE_BUSY',
    'another program keeps it locked',
    (path) => `see which one: ${command('lsof', path)}`,
  ],
  8: ['SQLITE_READONLY', 'it may not be written', notAllowed[1]],
  10: ['SQLITE_IOERR', ...failing],
  11: ['SQLITE_CORRUPT', 'it is damaged', () => 'restore a backup: shotlist restore FILE'],
  13: ['SQLITE_FULL', ...full],
  14: ['SQLITE_CANTOPEN', 'it cannot be opened', notAllowed[1]],
  26: ['SQLITE_NOTADB', 'it is no database', () => 'restore a backup: shotlist restore FILE'],
};

/** The system failure in an error; undefined for any other error, which is then a bug. */
export function systemFailure(error: unknown): SystemFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  const named = 'path' in error && typeof error.path === 'string' ? error.path : undefined;
  const path = named === undefined ? undefined : resolve(named);
  if ('errcode' in error && typeof error.errcode === 'number') {
    // The upper bytes are SQLite's extended code.
    const primary = error.errcode & 0xff;
    const isFull = primary === inOutCode && path !== undefined && hasNoRoom(path);
    const [code, why, next] = databaseWords[isFull ? fullCode : primary] ?? [];
    return code && why && next ? { code, path, why, next: next(path) } : undefined;
  }
  if (!('code' in error) || typeof error.code !== 'string' || !('syscall' in error))
    return undefined;
  // A program that does not start is not a file problem.
  if (String(error.syscall).startsWith('spawn')) return undefined;
  const words = systemWords[error.code];
  return words && { code: error.code, path, why: words[0], next: words[1](path) };
}

/**
 * Makes a system error a UserError with the path, the reason and a helpful command. Returns any other
 * error unchanged.
 * @param what the failed action, such as `cannot read spring.yaml`
 */
export function asUserError(error: unknown, what?: string): unknown {
  const failure = error instanceof UserError ? undefined : systemFailure(error);
  if (!failure) return error;
  const { path, why, code, next } = failure;
  const about = what ?? (path === undefined ? 'a file cannot be used' : `cannot use ${path}`);
  return new UserError(`${about}: ${why} (${code})`, { next: [next], cause: error });
}

/** The owner of the path, and the command that gives access to it. */
function permissionHelp(path: string | undefined): string {
  if (path === undefined) return 'see who you are: id';
  const place = culprit(path);
  const facts = statOf(place);
  const self = process.getuid?.();
  if (!facts || self === undefined) return `see whose it is: ${command('ls -ld', place)}`;
  if (facts.uid === self) return `give yourself the right: ${command('chmod -R u+rwX', place)}`;
  return (
    `it belongs to user ${facts.uid}, and you are user ${self}: ` +
    command('sudo chown -R "$(id -u)"', place)
  );
}

/** The first parent folder without access; else the path itself, or its deepest existing parent. */
function culprit(path: string): string {
  const { root } = parse(path);
  let place = root;
  for (const name of relative(root, path).split(sep)) {
    if (!isAllowed(place, constants.X_OK)) return place;
    const next = resolve(place, name);
    if (!statOf(next)) return place;
    place = next;
  }
  return place;
}

/** On a full disk, SQLite reports a disk failure (I/O error) if its shared memory does not fit. */
function hasNoRoom(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < 64 * 1024;
  } catch {
    return false;
  }
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function command(words: string, path: string | undefined): string {
  return path === undefined ? words : `${words} ${shellQuoted(path)}`;
}
