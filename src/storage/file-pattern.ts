import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';

/** Maximum number of files that one pattern matches. */
export const matchesMax = 100_000;
/** Maximum number of file and folder names that one pattern visits. */
export const entriesMax = 1_000_000;

/**
 * The files that match a pattern, in code-unit order. `*` and `?` match within one folder, `**` matches
 * any number of folders. All other characters, including brackets and braces, are literal. Letter case is
 * ignored. Hidden names match only a pattern that begins with a dot. `**` does not follow links, so that
 * it ends.
 * @throws UserError for more than `matchesMax` files, or a walk through more than `entriesMax` names
 */
export function filesMatching(
  pattern: string,
  place: (path: string) => string,
  isFile: (path: string) => boolean,
): string[] {
  const rooted = pattern.startsWith('/');
  const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '.');
  const found = new Set<string>();
  // `**` after `**` reaches the same folder on many paths.
  const seen = new Set<string>();
  let entriesSeen = 0;
  const visit = (parent: string, position: number): void => {
    const segment = segments[position];
    const state = `${position} ${parent}`;
    if (segment === undefined || seen.has(state)) return;
    seen.add(state);
    const last = position === segments.length - 1;
    const child = (name: string): string =>
      parent === '' || parent === '/' ? `${parent}${name}` : `${parent}/${name}`;
    const arrive = (path: string): void => {
      if (!last) visit(path, position + 1);
      else if (isFile(path)) found.add(path);
      if (found.size > matchesMax) throw tooMany(pattern, `more than ${matchesMax} files`);
    };
    if (segment === '..') return arrive(child('..'));
    const entries = list(place(parent));
    entriesSeen += entries.length;
    if (entriesSeen > entriesMax) throw tooMany(pattern, `more than ${entriesMax} names`);
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

/** Whether the text contains a wildcard. */
export const isPattern = (text: string): boolean => /[*?]/.test(text);

function tooMany(pattern: string, what: string): UserError {
  return new UserError(`${pattern} looks through ${what}`, {
    next: ['narrow the pattern, or move the files into a folder of their own'],
  });
}

/** Backtracks to the last star only: a regular expression with many stars could take forever. */
function segmentMatcher(segment: string): (name: string) => boolean {
  const wanted = [...folded(segment)];
  return (name) => {
    const given = [...folded(name)];
    let at = 0;
    let star = -1;
    let from = 0;
    for (let position = 0; position < given.length;) {
      if (wanted[at] === '*') {
        star = at++;
        from = position;
      } else if (wanted[at] === '?' || wanted[at] === given[position]) {
        at += 1;
        position += 1;
      } else if (star >= 0) {
        at = star + 1;
        position = ++from;
      } else return false;
    }
    return wanted.slice(at).every((mark) => mark === '*');
  };
}

const folded = (text: string): string => text.normalize('NFC').toLowerCase();

const hidden = (name: string): boolean => name.startsWith('.');

/** A folder that cannot be listed has no matches. */
function list(folder: string): Dirent[] {
  try {
    return readdirSync(join(folder), { withFileTypes: true });
  } catch {
    return [];
  }
}
