/** Whether a shot's key is meant: `*` stands for any characters, `?` for one; everything else is itself. */
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
