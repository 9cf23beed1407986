import { readdirSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';

/**
 * The files under `folder` whose path matches a pattern, in code-unit order. `*` and `?` stay within one
 * folder, `**` stands for any number of them; everything else, brackets and braces too, is itself. Letter
 * case is ignored; hidden names are found only by a pattern that begins with a dot; `**` does not follow
 * links, so that it ends.
 */
export function filesMatching(
  pattern: string,
  place: (path: string) => string,
  isFile: (path: string) => boolean,
): string[] {
  const rooted = pattern.startsWith('/');
  const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '.');
  const found = new Set<string>();
  const visit = (parent: string, position: number): void => {
    const segment = segments[position];
    if (segment === undefined) return;
    const last = position === segments.length - 1;
    const child = (name: string): string =>
      parent === '' || parent === '/' ? `${parent}${name}` : `${parent}/${name}`;
    const arrive = (path: string): void => {
      if (!last) visit(path, position + 1);
      else if (isFile(path)) found.add(path);
    };
    if (segment === '..') return arrive(child('..'));
    const entries = list(place(parent));
    if (segment === '**') {
      if (last) for (const entry of entries) if (!hidden(entry.name)) arrive(child(entry.name));
      if (!last) visit(parent, position + 1);
      for (const entry of entries)
        if (entry.isDirectory() && !hidden(entry.name)) visit(child(entry.name), position);
      return;
    }
    const fits = segmentMatcher(segment);
    for (const { name } of entries)
      if (fits(name) && (!hidden(name) || segment.startsWith('.'))) arrive(child(name));
  };
  visit(rooted ? '/' : '', 0);
  return [...found].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Whether the text holds a wildcard at all. */
export const isPattern = (text: string): boolean => /[*?]/.test(text);

function segmentMatcher(segment: string): (name: string) => boolean {
  // Neighbouring stars say the same as one, and would only make matching slow.
  const source = segment
    .normalize('NFC')
    .replace(/\*+/g, '*')
    .replace(/[\\^$.+()[\]{}|/]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, 'isu');
  return (name) => expression.test(name.normalize('NFC'));
}

const hidden = (name: string): boolean => name.startsWith('.');

/** A folder that cannot be listed holds no matches. */
function list(folder: string): Dirent[] {
  try {
    return readdirSync(join(folder), { withFileTypes: true });
  } catch {
    return [];
  }
}
