/**
 * A reference cannot be had now, for a reason that says nothing about the account which is to be given it. Only
 * the shots that need it wait.
 */
export class NotHereYetError extends Error {
  override readonly name = 'NotHereYetError';
}
