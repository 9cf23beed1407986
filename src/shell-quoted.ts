/** One word of a command that a person may paste, whatever is in it. */
export function shellQuoted(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word) && !word.startsWith('-')) return word;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
