import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a process waits for another one's transaction before it gives up. */
const busyTimeoutMs = 10_000;
const walAttemptsMax = 50;

type Values = readonly SQLInputValue[];

/** One connection with its prepared statements. Everything on it is synchronous. */
export class Database {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(connection: DatabaseSync) {
    this.#connection = connection;
  }

  get<Row>(sql: string, ...values: Values): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  all<Row>(sql: string, ...values: Values): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  /** Answers the number of rows that changed. */
  run(sql: string, ...values: Values): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  execute(sql: string): void {
    this.#connection.exec(sql);
  }

  /** Runs in a transaction of its own that takes the write lock first; committed (fsync) on return. */
  transaction<Result>(work: () => Result): Result {
    this.#connection.exec('begin immediate');
    try {
      const result = work();
      this.#connection.exec('commit');
      return result;
    } catch (error) {
      if (this.#connection.isTransaction) this.#connection.exec('rollback');
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

export async function openDatabase(path: string): Promise<Database> {
  const connection = new DatabaseSync(path, {
    timeout: busyTimeoutMs,
    enableForeignKeyConstraints: false,
  });
  try {
    await useWriteAheadLog(connection);
    connection.exec('pragma synchronous = full');
    connection.exec('pragma cache_size = -32000');
  } catch (error) {
    connection.close();
    throw error;
  }
  return new Database(connection);
}

/** The change to WAL does not heed the busy timeout while another process opens the same new file. */
async function useWriteAheadLog(connection: DatabaseSync): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      connection.exec('pragma journal_mode = wal');
      return;
    } catch (error) {
      if (attempt === walAttemptsMax) throw error;
      await sleep(20);
    }
  }
}
