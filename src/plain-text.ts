/**
 * Characters that are not text, because they control a terminal or reorder the display. They are controls
 * (except tab and line feed), direction marks and overrides, and line and paragraph separators.
 */
const acting = /[^\P{Cc}\t\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/**
 * The text in a form that is safe for a terminal: control characters are escaped, such as `\u001b`. In a
 * JSON text the value stays the same.
 */
export function inert(text: string): string {
  return text.replace(
    acting,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** One line for people from a vendor's text: no control characters, at most `charactersMax` characters. */
export function plainLine(text: string, charactersMax = 500): string {
  // Cut first, to avoid a pass over megabytes.
  const line = text
    .slice(0, 20 * charactersMax)
    .toWellFormed()
    .replace(acting, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > charactersMax ? `${line.slice(0, charactersMax).toWellFormed()}…` : line;
}
