const hourMs = 3_600_000;
/** What is asked beyond it is asked again. */
export const askedMostMs = hourMs;

const unitMs: readonly (readonly [RegExp, number])[] = [
  [/^(ms|milliseconds?)$/i, 1],
  [/^(s|secs?|seconds?)?$/i, 1_000],
  [/^(m|mins?|minutes?)$/i, 60_000],
  [/^(h|hrs?|hours?)$/i, hourMs],
];
/** A number of seconds from here on is a moment: seconds since 1970, and from the second one milliseconds. */
const epochFrom = { seconds: 1e9, milliseconds: 1e12 };

/**
 * Whole milliseconds that a `Retry-After` header asks to wait, at most one hour: a number, with a unit or in
 * seconds, or a date in any usual form. Of several headers the longest counts. Null when nothing is asked, or
 * nothing that can be read.
 * @param nowMs the server's own time, against which its dates are read
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  const waits = valuesOf(header ?? '').flatMap((value) => {
    const wait = waitOf(value, nowMs);
    return wait === undefined ? [] : [Math.min(askedMostMs, Math.max(0, Math.ceil(wait)))];
  });
  return waits.length === 0 ? null : Math.max(...waits);
}

/** Headers that were sent twice stand behind each other; the comma of a date belongs to it. */
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
