import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { UserError } from '../errors.ts';

/** This worker's ledger is not the one that the work was planned in. */
export class OtherLedgerError extends Error {
  override readonly name = 'OtherLedgerError';

  constructor(wanted: string, own: string) {
    super(`this work belongs to ledger ${wanted}; this worker has ledger ${own}`);
  }
}

/** Work of an account whose key this worker does not have. */
export class NoKeyError extends Error {
  override readonly name = 'NoKeyError';

  constructor(account: string) {
    super(`this worker has no key for the account ${account}`);
  }
}

/** Trying again changes nothing. */
const hopeless = new Set(['OtherLedgerError', 'UserError']);

/**
 * The one place where a failure of a whole activity becomes Temporal's. A shot's own failure never gets
 * here: it is a row in the ledger.
 */
export function toApplicationFailure(error: unknown): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  const failure = error instanceof Error ? error : new Error(String(error));
  const known =
    failure instanceof OtherLedgerError ||
    failure instanceof NoKeyError ||
    failure instanceof UserError;
  const code = 'code' in failure && typeof failure.code === 'string' ? failure.code : undefined;
  return ApplicationFailure.create({
    message: isDiskFull(failure)
      ? 'the disk is full; the work goes on when there is room'
      : failure.message,
    type: known ? failure.name : (code ?? failure.name),
    nonRetryable: hopeless.has(failure.name),
    nextRetryDelay: isDiskFull(failure) ? '1 minute' : undefined,
    cause: failure,
  });
}

/** No room, a quota that is used up, and a limit on the size of a file. */
const fullCodes: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** SQLITE_FULL, which `node:sqlite` tells as `errcode`. */
const databaseFull = 13;

/** A reason to stop the whole activity: no other file could be written either. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('errcode' in error) return error.errcode === databaseFull;
  return 'code' in error && fullCodes.has(error.code);
}

/** What `node:sqlite` says of a ledger that was closed. */
const closedCode = 'ERR_INVALID_STATE';

/** Whether an error stops all work of this process, and not only that on one shot. */
export function concernsAll(error: unknown): boolean {
  if (isDiskFull(error)) return true;
  return error instanceof Error && 'code' in error && error.code === closedCode;
}
