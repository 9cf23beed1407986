import { subscribe } from 'node:diagnostics_channel';
import fs, { readFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { constants } from 'node:os';

/** Loaded into a process with --import: does to it what the environment says, at the failpoints it names. */
interface Blow {
  readonly kind: 'die-at' | 'suspend' | 'clock' | 'files-fail';
  readonly failpoint: string;
  readonly nth: number;
  readonly byMs?: number;
  readonly ms?: number;
  readonly code?: 'EIO' | 'EACCES' | 'EMFILE';
}

const blows = JSON.parse(process.env['SHOTLIST_BLOWS'] ?? '[]') as Blow[];
const counts = new Map<string, number>();

subscribe('shotlist:failpoint', (message) => {
  const { failpoint, subject } = message as { failpoint: string; subject: string };
  const nth = (counts.get(failpoint) ?? 0) + 1;
  counts.set(failpoint, nth);
  for (const blow of blows) {
    if (blow.failpoint !== failpoint || blow.nth !== nth) continue;
    process.stderr.write(`blow: ${blow.kind} at ${failpoint} ${nth} of ${subject}\n`);
    if (blow.kind === 'die-at') process.kill(process.pid, 'SIGKILL');
    if (blow.kind === 'suspend') process.kill(process.pid, 'SIGSTOP');
    if (blow.kind === 'clock') stepClock(blow.byMs ?? 0);
    if (blow.kind === 'files-fail') failFiles(blow.code ?? 'EIO', blow.ms ?? 1_000);
  }
});

// Bound once, before any module keeps a reference to it, so that a step reaches all of them.
const trueNow = Date.now.bind(Date);
let offset = 0;
Date.now = () => trueNow() + offset;
const TrueDate = Date;
globalThis.Date = new Proxy(TrueDate, {
  construct: (_, words: unknown[]) =>
    Reflect.construct(TrueDate, words.length === 0 ? [TrueDate.now()] : words) as Date,
});

/** All processes of a machine have one clock: a step of it is told through a file. */
const clockFile = process.env['SHOTLIST_CLOCK'];
if (clockFile !== undefined) {
  readClock(clockFile);
  setInterval(() => readClock(clockFile), 20).unref();
}

function stepClock(byMs: number): void {
  offset += byMs;
  if (clockFile !== undefined) writeFileSync(clockFile, String(offset));
}

function readClock(file: string): void {
  try {
    offset = Number(readFileSync(file, 'utf8'));
  } catch {
    // Nobody has stepped it yet.
  }
}

type Call = (...words: unknown[]) => Promise<unknown>;

/** Of node:fs/promises; the ledger does not go through them, and tells of a full disk by itself. */
const failing = ['open', 'readFile', 'mkdir', 'readdir', 'rename', 'stat', 'copyFile', 'link'];
const ours = /\/(\.shotlist\/blobs|out)(\/|$)/;

/** For so long, calls on blobs and results reject as the system makes them: with code, number and path. */
function failFiles(code: 'EIO' | 'EACCES' | 'EMFILE', ms: number): void {
  const calls = fs.promises as unknown as Record<string, Call>;
  const whole = Object.fromEntries(failing.map((name) => [name, calls[name]]));
  for (const [name, call] of Object.entries(whole))
    calls[name] = async (...words) => {
      const path = String(words[0]);
      if (ours.test(path)) throw systemError(code, name, path);
      return await call?.(...words);
    };
  syncBuiltinESMExports();
  setTimeout(() => {
    Object.assign(calls, whole);
    syncBuiltinESMExports();
  }, ms).unref();
}

const meanings = { EIO: 'i/o error', EACCES: 'permission denied', EMFILE: 'too many open files' };

function systemError(code: keyof typeof meanings, call: string, path: string): Error {
  const syscall = call === 'readFile' ? 'open' : call;
  const error = new Error(`${code}: ${meanings[code]}, ${syscall} '${path}'`);
  return Object.assign(error, { errno: -constants.errno[code], code, syscall, path });
}
