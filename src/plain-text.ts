/**
 * Characters that act on a terminal or reorder what is read, and are no text: controls (but tab and line
 * feed), marks and overrides of direction, line and paragraph separators.
 */
const acting = /[^\P{Cc}\t\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/**
 * The text as a terminal may show it: whatever acts instead of being read stands there as `\u001b`. Inside
 * a JSON text that is the same value as before.
 */
export function inert(text: string): string {
  return text.replace(
    acting,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** One line for a person out of what a vendor said: no control characters, at most so many characters. */
export function plainLine(text: string, charactersMax = 500): string {
  // Cut first, so that megabytes are not looked at.
  const line = text
    .slice(0, 20 * charactersMax)
    .toWellFormed()
    .replace(acting, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > charactersMax ? `${line.slice(0, charactersMax).toWellFormed()}…` : line;
}
