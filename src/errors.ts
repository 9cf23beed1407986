/**
 * A failure that the user can fix. The message describes the problem; `next` lists helpful commands or
 * edits. Shown without a stack. Any other error that reaches the top is a bug and shows its stack.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  /** The next steps, one line each. */
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

  /** For people. */
  toText(): string {
    return [`error: ${this.message}`, ...this.next.map((line) => `  ${line}`)].join('\n');
  }

  /** For scripts. */
  toJSON(): object {
    return { error: this.message, next: this.next };
  }
}

/** The message of a thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
