/**
 * A failure that the person at the keyboard can fix. The message says what went wrong, `next` which
 * command or edit helps. Shown without a stack; anything else that reaches the top is a bug and shows one.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  /** What to do next, one line each. */
  readonly next: readonly string[];
  /** Process exit code: 1 unreachable service, 2 wrong input, 3 finished with failures or missing files, 4 waits for a person. */
  readonly exitCode: 1 | 2 | 3 | 4;

  constructor(
    message: string,
    options: { next?: readonly string[]; exitCode?: 1 | 2 | 3 | 4; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.next = options.next ?? [];
    this.exitCode = options.exitCode ?? 2;
  }

  /** What a person reads. */
  toText(): string {
    return [`error: ${this.message}`, ...this.next.map((line) => `  ${line}`)].join('\n');
  }

  /** What a script reads. */
  toJSON(): object {
    return { error: this.message, next: this.next };
  }
}

/** What was thrown, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
