import { readFileSync } from 'node:fs';

/** What processes took, from /proc: sampled, so the last tenth of a second of a process may be missing. */
export interface Usage {
  readonly cpuMs: number;
  /** Of all processes together, at its highest. */
  readonly peakBytes: number;
}

/** The kernel counts CPU time in hundredths of a second, and memory in pages of 4 KiB. */
const tickMs = 10;
const pageBytes = 4_096;
const sampleEveryMs = 100;

/** Watches processes until `stop`. */
export function watchUsage(pids: readonly number[]): { stop(): Usage } {
  const first = new Map(pids.map((pid) => [pid, cpuOf(pid) ?? 0]));
  const last = new Map(first);
  let peakBytes = 0;
  const sample = () => {
    for (const pid of pids) last.set(pid, cpuOf(pid) ?? last.get(pid) ?? 0);
    peakBytes = Math.max(
      peakBytes,
      pids.reduce((sum, pid) => sum + memoryOf(pid), 0),
    );
  };
  sample();
  const timer = setInterval(sample, sampleEveryMs);
  return {
    stop() {
      clearInterval(timer);
      sample();
      const cpuMs = pids.reduce(
        (sum, pid) => sum + (last.get(pid) ?? 0) - (first.get(pid) ?? 0),
        0,
      );
      return { cpuMs, peakBytes };
    },
  };
}

/** User and system time so far; undefined once the process is gone. */
function cpuOf(pid: number): number | undefined {
  const text = procFile(pid, 'stat');
  // The name of the program, in parentheses, may hold spaces.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields && (Number(fields[11]) + Number(fields[12])) * tickMs;
}

function memoryOf(pid: number): number {
  return Number(procFile(pid, 'statm')?.split(' ')[1] ?? 0) * pageBytes;
}

function procFile(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}
