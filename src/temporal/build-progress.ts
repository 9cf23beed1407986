import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** `go: downloading cel.dev/expr v0.25.1` */
const download = /^go: downloading (\S+ \S+)$/;

/** `go build -v` names each package that it compiles, such as `internal/goarch`. */
const packageName = /^[\w.~/-]+$/;

/** What Go does, from the lines that it writes to standard error. */
export class BuildProgress {
  /** At most so many packages are compiled: Go skips those in its own cache. */
  packagesMax = 0;
  /** The last line that names no module and no package: the error, if Go fails. */
  complaint: string | undefined;

  #modules = 0;
  #module = '';
  #packages = 0;
  readonly #startedAt = performance.now();

  /** Reads all lines of a stream. */
  follow(stream: Readable): void {
    createInterface(stream).on('line', (line) => this.read(line));
  }

  read(line: string): void {
    const module = download.exec(line)?.[1];
    if (module !== undefined) {
      this.#modules += 1;
      this.#module = module;
    } else if (packageName.test(line)) {
      this.#packages += 1;
    } else if (line.trim() !== '') {
      this.complaint = line.trim();
    }
  }

  /** For people. Without an estimate: the time depends on the machine, its network and Go's cache. */
  toText(): string {
    return `building the Temporal server: ${this.#step()} (${this.#clock()})`;
  }

  #step(): string {
    if (this.#packages > 0) {
      const [done, most] = [this.#packages, this.packagesMax].map((count) =>
        count.toLocaleString('en'),
      );
      return `${done} of at most ${most} packages compiled`;
    }
    if (this.#modules > 0) return `fetching module ${this.#modules}, ${this.#module}`;
    return 'reading its sources';
  }

  #clock(): string {
    const seconds = Math.round((performance.now() - this.#startedAt) / 1_000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  }
}
