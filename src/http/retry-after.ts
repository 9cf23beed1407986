const hourMs = 3_600_000;

/**
 * Milliseconds that a `Retry-After` header asks to wait: seconds or an HTTP date, at most one hour.
 * Null when it is absent or unreadable.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(hourMs, Math.ceil(Number(text) * 1_000));
  if (!/^[A-Za-z]{3,9},? /.test(text)) return null;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.min(hourMs, Math.max(0, date - nowMs));
}
