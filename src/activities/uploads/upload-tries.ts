/** Failures of one file before it is held to blame, if others arrived meanwhile. */
const triesMax = 5;

/** Tells a file that its vendor cannot take from a vendor that takes none. Nothing here guards money. */
export class UploadTries {
  #arrived = 0;
  readonly #failures = new Map<string, { times: number; readonly arrivedBefore: number }>();

  arrived(sha256: string): void {
    this.#arrived++;
    this.#failures.delete(sha256);
  }

  /** @returns whether the file itself is what cannot be uploaded: it failed again and again, and others did not */
  failed(sha256: string): boolean {
    const failures = this.#failures.get(sha256) ?? { times: 0, arrivedBefore: this.#arrived };
    failures.times++;
    this.#failures.set(sha256, failures);
    return failures.times >= triesMax && this.#arrived > failures.arrivedBefore;
  }
}
