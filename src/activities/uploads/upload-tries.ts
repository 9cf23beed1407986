/** Failures of one file after which the file itself is the cause, if other files arrived meanwhile. */
const triesMax = 5;

/**
 * Distinguishes a file that the vendor cannot accept from a vendor that accepts none. Nothing here
 * guards money.
 */
export class UploadTries {
  #arrived = 0;
  readonly #failures = new Map<string, { times: number; readonly arrivedBefore: number }>();

  arrived(sha256: string): void {
    this.#arrived++;
    this.#failures.delete(sha256);
  }

  /** @returns whether the file itself cannot be uploaded: it failed repeatedly, and other files arrived */
  failed(sha256: string): boolean {
    const failures = this.#failures.get(sha256) ?? { times: 0, arrivedBefore: this.#arrived };
    failures.times++;
    this.#failures.set(sha256, failures);
    return failures.times >= triesMax && this.#arrived > failures.arrivedBefore;
  }
}
