/** When a paid request must be on the wire: its first byte leaves before this time, or never. */
export interface SendDeadline {
  /** Epoch milliseconds. */
  readonly sendBy: number;
  readonly timeoutMs: number;
  /** The clock the deadline is read against; injected in tests. */
  readonly now: () => number;
}
