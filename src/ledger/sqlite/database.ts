import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { asUserError } from '../../system-errors.ts';

/**
 * How long a process waits for transactions of other processes. Each wait blocks for a moment only,
 * and the next try follows a random pause. SQLite's own waits grow to 100 ms and lose against a
 * busy process.
 */
const busyForMs = 30_000;
const busyTimeoutMs = 25;
const busyPauseMs = 10;
const busyCode = 5;
const walAttemptsMax = 200;

type Values = readonly SQLInputValue[];

/**
 * One connection with its prepared statements. Every number is made whole, and each transaction is
 * one synchronous stretch.
 */
export class Database {
  readonly #connection: DatabaseSync;
  readonly #path: string;
  readonly #statements = new Map<string, StatementSync>();

  constructor(connection: DatabaseSync, path: string) {
    this.#connection = connection;
    this.#path = path;
  }

  get<Row>(sql: string, ...values: Values): Row | undefined {
    return this.#statement(sql).get(...values.map(whole)) as Row | undefined;
  }

  all<Row>(sql: string, ...values: Values): Row[] {
    return this.#statement(sql).all(...values.map(whole)) as Row[];
  }

  /**
   * Reads row by row, for results larger than memory. The caller reads to the end before it awaits
   * anything.
   */
  each<Row>(sql: string, ...values: Values): Iterable<Row> {
    return this.#statement(sql).iterate(...values.map(whole)) as Iterable<Row>;
  }

  /** Returns the number of changed rows. */
  run(sql: string, ...values: Values): number {
    return Number(this.#statement(sql).run(...values.map(whole)).changes);
  }

  execute(sql: string): void {
    this.#connection.exec(sql);
  }

  /**
   * Runs synchronous work in its own transaction, which takes the write lock first and is committed
   * (fsync) before the promise resolves. The wait for the lock does not block the event loop.
   */
  async transaction<Result>(work: () => Result): Promise<Result> {
    const giveUpAt = performance.now() + busyForMs;
    while (!this.#begin(performance.now() < giveUpAt)) await sleep(Math.random() * busyPauseMs);
    try {
      const result = work();
      this.#connection.exec('commit');
      return result;
    } catch (error) {
      if (this.#connection.isTransaction) this.#connection.exec('rollback');
      throw withPath(error, this.#path);
    }
  }

  /** False when another process has the lock and there is time to wait for it. */
  #begin(mayWait: boolean): boolean {
    try {
      this.#connection.exec('begin immediate');
      return true;
    } catch (error) {
      if (mayWait && isBusy(error)) return false;
      throw withPath(error, this.#path);
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

/**
 * Every number in the ledger is whole. A fraction is rounded, since SQLite would refuse the whole
 * row. A number that could not be read back is refused here, where the message still names the
 * value.
 * @throws RangeError
 */
function whole(value: SQLInputValue): SQLInputValue {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const rounded = Math.round(value);
  if (Number.isSafeInteger(rounded)) return rounded;
  throw new RangeError(`the ledger keeps whole numbers, and ${value} is none`);
}

/** The lowest byte is the code. The other bytes give the cause, such as log recovery or an old snapshot. */
function isBusy(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false;
  return (Number(error.errcode) & 0xff) === busyCode;
}

/** SQLite errors do not name the file. */
function withPath(error: unknown, path: string): unknown {
  if (error instanceof Error && 'errcode' in error) Object.assign(error, { path });
  return error;
}

/** @throws UserError where the file cannot be used: which one, why, and what helps */
export async function openDatabase(path: string): Promise<Database> {
  try {
    return await connect(path);
  } catch (error) {
    throw asUserError(withPath(diskError(path) ?? error, path), `cannot open the ledger ${path}`);
  }
}

/** The file system error for the files of a database; SQLite only says that it could not open them. */
function diskError(path: string): unknown {
  try {
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
    for (const file of [path, `${path}-wal`, `${path}-shm`])
      if (statSync(file, { throwIfNoEntry: false })) closeSync(openSync(file, 'r+'));
    return undefined;
  } catch (error) {
    return error;
  }
}

async function connect(path: string): Promise<Database> {
  const connection = new DatabaseSync(path, {
    timeout: busyTimeoutMs,
    enableForeignKeyConstraints: false,
  });
  try {
    await useWriteAheadLog(connection);
    connection.exec('pragma synchronous = full');
    // On macOS a plain fsync stops in the drive's own memory. Elsewhere these do nothing.
    connection.exec('pragma fullfsync = on');
    connection.exec('pragma checkpoint_fullfsync = on');
    connection.exec('pragma cache_size = -32000');
  } catch (error) {
    connection.close();
    throw error;
  }
  return new Database(connection, path);
}

/** The switch to WAL ignores the busy timeout while another process opens the same new file. */
async function useWriteAheadLog(connection: DatabaseSync): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      connection.exec('pragma journal_mode = wal');
      return;
    } catch (error) {
      if (attempt === walAttemptsMax || !isBusy(error)) throw error;
      await sleep(20);
    }
  }
}
