const firstMs = 5_000;
const mostMs = 60 * 60_000;

/** How long a refund that a vendor promised is checked; then the money counts as kept. */
export const refundPatienceMs = 7 * 24 * 60 * 60_000;

/** How long after a failure its promised refund is waited for where money is short, before a person is asked. */
export const refundWaitMs = 5 * 60_000;

/** Milliseconds until a promised refund is checked once more: 5 s, doubling to an hour. */
export function refundDelayMs(checks: number): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(checks, 10));
}
