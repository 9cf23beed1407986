/** Quotes any text as one word of a command, safe to paste into a shell. */
export function shellQuoted(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word) && !word.startsWith('-')) return word;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
