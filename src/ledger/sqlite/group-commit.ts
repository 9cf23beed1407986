import type { Database } from './database.ts';

interface Queued {
  readonly work: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers the writes of one turn of the event loop into one transaction, and so one fsync. Each has
 * its own savepoint, so a write that throws is undone alone. A promise resolves after the commit,
 * never before.
 */
export class GroupCommit {
  readonly #database: Database;
  #queue: Queued[] = [];

  constructor(database: Database) {
    this.#database = database;
  }

  write<Result>(work: () => Result): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (this.#queue.length === 0) setImmediate(() => void this.flush());
      this.#queue.push({ work, resolve, reject });
    });
  }

  /** Commits the queue, including writes that arrive during the wait for the lock. Never rejects. */
  async flush(): Promise<void> {
    let taken: Queued[] = [];
    const take = () => {
      taken = this.#queue;
      this.#queue = [];
      return taken;
    };
    if (this.#queue.length === 0) return;
    try {
      const settle = await this.#database.transaction(() =>
        take().map((queued) => this.#attempt(queued)),
      );
      for (const step of settle) step();
    } catch (error) {
      for (const queued of taken.length > 0 ? taken : take()) queued.reject(error);
    }
  }

  #attempt({ work, resolve, reject }: Queued): () => void {
    this.#database.execute('savepoint one');
    try {
      const result = work() as never;
      this.#database.execute('release one');
      return () => resolve(result);
    } catch (error) {
      this.#database.execute('rollback to one');
      this.#database.execute('release one');
      return () => reject(error);
    }
  }
}
