const firstMs = 5_000;
const mostMs = 60 * 60_000;

/** How long a promised refund is checked; then the money counts as kept. */
export const refundPatienceMs = 7 * 24 * 60 * 60_000;

/** Maximum wait for a promised refund after a failure, where money is short, before a person is asked. */
export const refundWaitMs = 5 * 60_000;

/** Milliseconds until the next check of a promised refund: 5 s, doubling to an hour. */
export function refundDelayMs(checks: number): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(checks, 10));
}
