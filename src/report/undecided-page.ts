import { writeWhole } from '../storage/atomic-file.ts';
import { escapeHtml, sourceHash } from './html.ts';

/** Requests that may have made the same jobs, with those jobs. Texts are for people. */
export interface UndecidedGroup {
  readonly requests: readonly { readonly key: string; readonly facts: readonly string[] }[];
  readonly jobs: readonly UndecidedJob[];
  /** Number of jobs that are not shown. */
  readonly more: number;
}
interface UndecidedJob {
  readonly id: string;
  readonly facts: readonly string[];
  readonly files: readonly UndecidedFile[];
  /** Why no file can be shown; absent when there is one. */
  readonly problem?: string;
}
export interface UndecidedFile {
  /** Name of the file in the page's folder. */
  readonly name: string;
  readonly mime: string;
}

/** Image types that a browser shows and that cannot run code. */
const images: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
  'image/avif',
]);

const style = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #222; background: #fafafa; }
section { display: grid; grid-template-columns: 22rem 1fr; gap: 2rem; border-top: 1px solid #ccc; padding: 1rem 0; }
h2, h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
p { margin: 0; color: #555; overflow-wrap: anywhere; }
.jobs { display: flex; flex-wrap: wrap; gap: 1rem; }
.jobs article { width: 15rem; }
.requests article { margin-bottom: 1rem; }
img, video { width: 100%; max-height: 15rem; object-fit: contain; background: #eee; }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #1b1b1b; } p { color: #aaa; } }
`;

/**
 * Writes a page with requests that a person must decide, beside the jobs that may be theirs. The
 * page needs only the files beside it, and its policy allows nothing else.
 */
export async function writeUndecidedPage(
  path: string,
  batch: string,
  groups: readonly UndecidedGroup[],
): Promise<void> {
  const policy = `default-src 'none'; img-src 'self' file:; media-src 'self' file:; style-src ${sourceHash(style)}`;
  const page = [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    `<title>${escapeHtml(batch)}: undecided</title>`,
    `<style>${style}</style>`,
    `<h1>${escapeHtml(batch)}: undecided</h1>`,
    `<p>Each request on the left was sent, or may have been, but its job is unknown. The jobs on the right are of that time and belong to no shot. Decide with: shotlist resolve ${escapeHtml(batch)}</p>`,
    ...groups.map(groupHtml),
    '</html>',
    '',
  ].join('\n');
  await writeWhole(path, [page]);
}

function groupHtml({ requests, jobs, more }: UndecidedGroup): string {
  const none = jobs.length === 0 ? '<p>No job of that time is known.</p>' : '';
  const rest = more > 0 ? `<p>and ${more} more</p>` : '';
  return [
    '<section>',
    '<div class="requests">',
    ...requests.map(
      ({ key, facts }) => `<article><h2>${escapeHtml(key)}</h2>${lines(facts)}</article>`,
    ),
    '</div>',
    `<div class="jobs">${none}`,
    ...jobs.map(jobHtml),
    `${rest}</div>`,
    '</section>',
  ].join('\n');
}

function jobHtml({ id, facts, files, problem }: UndecidedJob): string {
  const shown = files.map(fileHtml).join('');
  const why = problem === undefined ? '' : `<p>${escapeHtml(problem)}</p>`;
  return `<article>${shown}<h3>${escapeHtml(id)}</h3>${lines(facts)}${why}</article>`;
}

function fileHtml({ name, mime }: UndecidedFile): string {
  const link = escapeHtml(encodeURIComponent(name));
  if (images.has(mime)) return `<a href="${link}"><img src="${link}" alt=""></a>`;
  if (mime.startsWith('video/')) return `<video src="${link}" controls preload="metadata"></video>`;
  return `<p><a href="${link}">${escapeHtml(name)}</a></p>`;
}

const lines = (facts: readonly string[]): string =>
  facts.map((fact) => `<p>${escapeHtml(fact)}</p>`).join('');
