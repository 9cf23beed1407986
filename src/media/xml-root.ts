/** The start of a text, after everything that may precede the root element of XML. */
export type Root =
  | { readonly kind: 'root'; readonly name: string; readonly at: number }
  /** The text ends before a root element begins. */
  | { readonly kind: 'more' }
  | { readonly kind: 'none' };

const more: Root = { kind: 'more' };
const none: Root = { kind: 'none' };

/** Skips white space, comments, instructions and document types, in any order and of any length. */
export function rootOf(text: string): Root {
  let at = 0;
  for (;;) {
    at = skipSpace(text, at);
    if (at >= text.length) return more;
    if (text[at] !== '<') return none;
    const rest = text.slice(at, at + 9);
    if (rest.startsWith('<!--') || rest.startsWith('<?')) {
      const end = rest.startsWith('<?') ? '?>' : '-->';
      const found = text.indexOf(end, at + 2);
      if (found === -1) return more;
      at = found + end.length;
    } else if (/^<!DOCTYPE$/i.test(rest)) {
      const end = endOfDoctype(text, at);
      if (end === undefined) return more;
      at = end;
    } else if (rest.length < 9 && '<!--<!DOCTYPE'.includes(rest.toUpperCase())) return more;
    else return elementAt(text, at);
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && /[\s\ufeff]/.test(text[at] ?? '')) at += 1;
  return at;
}

function elementAt(text: string, at: number): Root {
  const [whole = '', name = ''] = /^<([\w.:-]+)/.exec(text.slice(at, at + 200)) ?? [];
  if (name === '') return none;
  // The name itself may be cut off.
  return at + whole.length >= text.length ? more : { kind: 'root', name, at };
}

/** The position after the `>` of a document type. Its body in brackets may contain quotes and comments. */
function endOfDoctype(text: string, from: number): number | undefined {
  const marks = /["'[\]>]|<!--/g;
  marks.lastIndex = from + 9;
  let depth = 0;
  for (let found = marks.exec(text); found; found = marks.exec(text)) {
    const [mark] = found;
    if (mark === '>' && depth === 0) return marks.lastIndex;
    if (mark === '[') depth += 1;
    if (mark === ']') depth -= 1;
    const closing = mark === '<!--' ? '-->' : mark === '"' || mark === "'" ? mark : undefined;
    if (closing === undefined) continue;
    const end = text.indexOf(closing, marks.lastIndex);
    if (end === -1) return undefined;
    marks.lastIndex = end + closing.length;
  }
  return undefined;
}

/**
 * Whether the root element is closed: by its end tag, or in its own tag. Text after it is ignored. Only
 * elements with the root's name are counted, so that an error inside makes no difference.
 */
export function isRootClosed(text: string, root: { name: string; at: number }): boolean {
  const parts = /<!--|<!\[CDATA\[|<\?|<(\/?)([\w.:-]+)/g;
  parts.lastIndex = root.at;
  let depth = 0;
  for (let found = parts.exec(text); found; found = parts.exec(text)) {
    const [part, slash, name] = found;
    if (name === undefined) {
      const closing = part === '<!--' ? '-->' : part === '<?' ? '?>' : ']]>';
      const end = text.indexOf(closing, parts.lastIndex);
      if (end === -1) return false;
      parts.lastIndex = end + closing.length;
      continue;
    }
    const end = endOfTag(text, parts.lastIndex);
    if (end === -1) return false;
    parts.lastIndex = end;
    if (name !== root.name || (slash === '' && text[end - 2] === '/' && depth > 0)) continue;
    if (slash === '' && text[end - 2] === '/') return true;
    depth += slash === '/' ? -1 : 1;
    if (depth === 0) return true;
  }
  return false;
}

/** The position after the `>` of a tag. Attribute values may contain `>`. -1 if the tag is cut off. */
function endOfTag(text: string, from: number): number {
  const marks = /["'>]/g;
  marks.lastIndex = from;
  for (let found = marks.exec(text); found; found = marks.exec(text)) {
    const [mark] = found;
    if (mark === '>') return marks.lastIndex;
    const end = text.indexOf(mark, marks.lastIndex);
    if (end === -1) return -1;
    marks.lastIndex = end + 1;
  }
  return -1;
}
