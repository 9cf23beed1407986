import type { Database } from './database.ts';

interface Queued {
  readonly work: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers the writes of one turn of the event loop into one transaction, and so one fsync. Each has its
 * own savepoint: one that throws is undone alone. A promise resolves after the commit, never before.
 */
export class GroupCommit {
  readonly #database: Database;
  #queue: Queued[] = [];

  constructor(database: Database) {
    this.#database = database;
  }

  write<Result>(work: () => Result): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (this.#queue.length === 0) setImmediate(() => this.flush());
      this.#queue.push({ work, resolve, reject });
    });
  }

  flush(): void {
    const queue = this.#queue;
    this.#queue = [];
    if (queue.length === 0) return;
    let settle: (() => void)[];
    try {
      settle = this.#database.transaction(() => queue.map((queued) => this.#attempt(queued)));
    } catch (error) {
      for (const queued of queue) queued.reject(error);
      return;
    }
    for (const step of settle) step();
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
