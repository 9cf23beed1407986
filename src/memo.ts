/** Work that runs once and is shared. */
export interface Memo<Result> {
  /** Starts the work at the first call; later calls share it. After a failure, the next call starts it again. */
  get(): Promise<Result>;
  /** The running or completed work; undefined before the first call and after a failure. */
  readonly current: Promise<Result> | undefined;
}

export function memo<Result>(work: () => Promise<Result>): Memo<Result> {
  let current: Promise<Result> | undefined;
  return {
    get current() {
      return current;
    },
    get() {
      if (current) return current;
      const started = work().catch((error: unknown) => {
        if (current === started) current = undefined;
        throw error;
      });
      current = started;
      return started;
    },
  };
}
