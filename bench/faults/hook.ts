import { subscribe } from 'node:diagnostics_channel';
import { readFileSync, writeFileSync } from 'node:fs';

/** Loaded into a process with --import: does to it what the environment says, at the moments it names. */
interface Blow {
  readonly kind: 'die-at' | 'suspend' | 'clock';
  readonly moment: string;
  readonly nth: number;
  readonly byMs?: number;
}

const blows = JSON.parse(process.env['SHOTLIST_BLOWS'] ?? '[]') as Blow[];
const counts = new Map<string, number>();

subscribe('shotlist:moment', (message) => {
  const { moment } = message as { moment: string };
  const nth = (counts.get(moment) ?? 0) + 1;
  counts.set(moment, nth);
  for (const blow of blows) {
    if (blow.moment !== moment || blow.nth !== nth) continue;
    process.stderr.write(`blow: ${blow.kind} at ${moment} ${nth}\n`);
    if (blow.kind === 'die-at') process.kill(process.pid, 'SIGKILL');
    if (blow.kind === 'suspend') process.kill(process.pid, 'SIGSTOP');
    if (blow.kind === 'clock') stepClock(blow.byMs ?? 0);
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
