/** Matches shot keys: `*` stands for any characters, `?` for one. Every other character is literal. */
export function keyMatcher(patterns: readonly string[]): (key: string) => boolean {
  const meant = patterns.map((pattern) => {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    return new RegExp(`^${source}$`, 'su');
  });
  return (key) => meant.some((pattern) => pattern.test(key));
}
