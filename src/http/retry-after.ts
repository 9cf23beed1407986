const hourMs = 3_600_000;
/** Longest accepted wait. A vendor that wants a longer one can ask again. */
export const askedMostMs = hourMs;

const unitMs: readonly (readonly [RegExp, number])[] = [
  [/^(ms|milliseconds?)$/i, 1],
  [/^(s|secs?|seconds?)?$/i, 1_000],
  [/^(m|mins?|minutes?)$/i, 60_000],
  [/^(h|hrs?|hours?)$/i, hourMs],
];
/** Larger numbers are epoch times, not durations: epoch seconds, or epoch milliseconds from the second limit. */
const epochFrom = { seconds: 1e9, milliseconds: 1e12 };

/**
 * The wait in a `Retry-After` header in whole milliseconds, at most one hour. The value is a number, with
 * a unit or in seconds, or a date in any usual form. Of several headers the longest counts. Null when the
 * header is absent or unreadable.
 * @param nowMs the server's own time, the base for its dates
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  const waits = valuesOf(header ?? '').flatMap((value) => {
    const wait = waitOf(value, nowMs);
    return wait === undefined ? [] : [Math.min(askedMostMs, Math.max(0, Math.ceil(wait)))];
  });
  return waits.length === 0 ? null : Math.max(...waits);
}

/** Repeated headers are joined with commas. The comma after a weekday belongs to its date. */
function valuesOf(header: string): string[] {
  return header
    .split(/(?<!\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?),/i)
    .map((value) => value.trim())
    .filter((value) => value !== '');
}

function waitOf(value: string, nowMs: number): number | undefined {
  const [, amount, word = ''] = /^\+?(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value) ?? [];
  if (amount !== undefined) {
    const number = Number(amount);
    if (word === '' && number >= epochFrom.seconds)
      return (number >= epochFrom.milliseconds ? number : number * 1_000) - nowMs;
    const unit = unitMs.find(([pattern]) => pattern.test(word));
    return unit && number * unit[1];
  }
  if (!/^[a-z]{3,9},? |^\d{4}-\d{2}-\d{2}/i.test(value)) return undefined;
  // HTTP dates and dates without a zone are in UTC.
  const hasZone = /(z|gmt|utc|[+-]\d{2}:?\d{2})$/i.test(value);
  const date = Date.parse(hasZone ? value : `${value}${/^\d/.test(value) ? 'Z' : ' GMT'}`);
  return Number.isNaN(date) ? undefined : date - nowMs;
}
