/** The latest time to send a paid request: its first byte leaves before this time, or never. */
export interface SendDeadline {
  /** Epoch milliseconds. */
  readonly sendBy: number;
  readonly timeoutMs: number;
  /** The clock for the deadline; injected in tests. */
  readonly now: () => number;
}
