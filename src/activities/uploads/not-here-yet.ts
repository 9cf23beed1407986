/**
 * A reference is not available now, for a reason that does not concern the account that needs it.
 * Only the shots that need it wait.
 */
export class NotHereYetError extends Error {
  override readonly name = 'NotHereYetError';
}
