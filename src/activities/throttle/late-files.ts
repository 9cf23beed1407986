/** Polls at the vendor's advised interval for which the rest of a job's files is waited for. */
const polls = 12;

/**
 * Jobs that have ended and do not name all of their files yet: a link may come a moment after the status.
 * Losing this costs a minute of polls.
 */
export class LateFiles {
  readonly #since = new Map<string, number>();

  /** Whether the rest may still come; asked at each poll that does not name all. */
  mayCome(submission: string, pollMs: number): boolean {
    const since = this.#since.get(submission) ?? performance.now();
    this.#since.set(submission, since);
    return performance.now() - since < polls * pollMs;
  }

  /** The job is not polled any more. */
  forget(submission: string): void {
    this.#since.delete(submission);
  }
}
