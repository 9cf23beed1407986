import { describe, expect, it } from 'vitest';
import { pages, read } from './support.ts';

const wordsMax = 25;

/** Phrases that hide the subject, or are no terms. The reason says what to write. */
const refused: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/\b(nobody|anybody|somebody)\b/i, 'name the subject, or use the passive'],
  [/\bwhoever\b/i, 'name the person or the process'],
  [/\bwhose like\b/i, 'say equal, or similar'],
  [/\bwhat (it|they) (left|lost|told|holds)\b/i, 'name the thing'],
  [/\bwhat (is|was) (paid|left|lost|sent|asked|missing|known|claimed|new)\b/i, 'name the thing'],
  [/\bwhat (became|becomes|came|comes) of\b/i, 'the state, or the result'],
  [/\ball the same\b/i, 'still, or also'],
  [/\bto be had\b/i, 'available'],
  [/\btold\b/i, 'reported, or shown'],
  [/\b(vendor|person)'s word\b/i, 'answer, or decision'],
  [/\bgoes by the\b/i, 'uses the'],
];

interface Part {
  readonly line: number;
  text: string;
}

/** Paragraphs and list items; code blocks, tables, headings and comments are left out. */
function partsOf(markdown: string): Part[] {
  const parts: Part[] = [];
  let open: Part | undefined;
  let isCode = false;
  for (const [index, line] of markdown.split('\n').entries()) {
    const isFence = /^\s*```/.test(line);
    if (isFence) isCode = !isCode;
    const item = /^\s*(?:[-*]|\d+\.)\s+(.*)$/.exec(line);
    if (isCode || isFence || /^\s*$|^#|^\s*\||^\s*<!--/.test(line)) open = undefined;
    else if (open && !item) open.text += ` ${line.trim()}`;
    else parts.push((open = { line: index + 1, text: item?.[1] ?? line.replace(/^>\s*/, '') }));
  }
  return parts;
}

/** Code of several words counts as one; a link counts by its text. */
function sentencesOf(text: string): string[] {
  return text
    .replace(/`[^`]*`/g, (code) => (/\s/.test(code.trim()) ? 'Code' : code.replace(/[.!?]/g, '-')))
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll('**', '')
    .split(/(?<=[.!?]["')]*)\s+(?=["'(_[]*[\p{Lu}\p{N}`])/u);
}

const wordsIn = (sentence: string): number =>
  sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;

describe('plain English', () => {
  it.each(pages)('no sentence of %s is too long', (page) => {
    const long = partsOf(read(page)).flatMap(({ line, text }) =>
      sentencesOf(text)
        .filter((sentence) => wordsIn(sentence) > wordsMax)
        .map((sentence) => `${page}:${line}: ${wordsIn(sentence)} words: ${sentence}`),
    );
    expect(long).toEqual([]);
  });

  // The help of the commands stands in docs/cli.md.
  it.each(refused)('no document and no help says %s', (phrase, instead) => {
    const found = pages.flatMap((page) =>
      read(page)
        .split('\n')
        .flatMap((text, index) => (phrase.test(text) ? [`${page}:${index + 1}: ${text}`] : [])),
    );
    expect(found, instead).toEqual([]);
  });

  it('counts the words of a sentence, not of its code', () => {
    const [long, short] = sentencesOf(
      'Run `shotlist plan FILE --shots` and [read it](x.md). Then go.',
    );
    expect(wordsIn(long ?? '')).toBe(5);
    expect(short).toBe('Then go.');
    expect(partsOf('- a\n  b\n- c\n\n| d |\n')).toEqual([
      { line: 1, text: 'a b' },
      { line: 3, text: 'c' },
    ]);
  });
});
