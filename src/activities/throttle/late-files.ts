/** Wait for the rest of a job's files, in polls at the vendor's advised interval. */
const polls = 12;

/**
 * Ended jobs that do not name all of their files yet: a link may come a moment after the status.
 * Losing this state costs a minute of polls.
 */
export class LateFiles {
  readonly #since = new Map<string, number>();

  /** Whether the rest may still come. Call at each poll that does not name all files. */
  mayCome(submission: string, pollMs: number): boolean {
    const since = this.#since.get(submission) ?? performance.now();
    this.#since.set(submission, since);
    return performance.now() - since < polls * pollMs;
  }

  /** The job is no longer polled. */
  forget(submission: string): void {
    this.#since.delete(submission);
  }
}
