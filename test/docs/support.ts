import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Every document that people read, by its path from the root. */
export const pages: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'CODE_OF_CONDUCT.md',
  'llms.txt',
  ...readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`),
];

export function read(path: string): string {
  return readFileSync(`${root}${path}`, 'utf8');
}

export interface Block {
  /** The info string of the code block: `yaml batch`. */
  readonly info: string;
  readonly text: string;
}

export function codeBlocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, info = '', text = '']) => ({
    info,
    text,
  }));
}

/** Where its links lead and its images are, in Markdown or HTML; those in code aside. */
export function linksOf(markdown: string): string[] {
  return [
    ...withoutCode(markdown).matchAll(
      /\]\(([^)\s]+)(?: "[^"]*")?\)|<(?:a|img)\b[^>]*? (?:href|src)="([^"]+)"/g,
    ),
  ].map(([, inMarkdown, inHtml = '']) => inMarkdown ?? inHtml);
}

/** Its images; those in code aside. */
export function imagesOf(markdown: string): string[] {
  return linksOf(markdown).filter((link) => /\.(png|jpe?g|gif|webp|svg)$/i.test(link));
}

function withoutCode(markdown: string): string {
  return markdown.replace(/^```.*\n[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, 'code');
}
