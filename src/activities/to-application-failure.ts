import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { UserError } from '../errors.ts';

/** The work was planned in another ledger than this worker's. */
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

/** A retry changes nothing. */
const hopeless = new Set(['OtherLedgerError', 'UserError']);

/**
 * The only place that converts an activity failure into Temporal's. A shot's own failure never gets
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

/** Disk full, quota used up, and file size limit. */
const fullCodes: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** SQLITE_FULL, which `node:sqlite` reports as `errcode`. */
const databaseFull = 13;

/** Stops the whole activity: no other file could be written either. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('errcode' in error) return error.errcode === databaseFull;
  return 'code' in error && fullCodes.has(error.code);
}

/** Error code of `node:sqlite` for a closed ledger. */
const closedCode = 'ERR_INVALID_STATE';

/** Whether an error stops all work of this process, not only that of one shot. */
export function concernsAll(error: unknown): boolean {
  if (isDiskFull(error)) return true;
  return error instanceof Error && 'code' in error && error.code === closedCode;
}
