import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../storage/atomic-file.ts';
import { escapeHtml, sourceHash } from './html.ts';

/** The data of the contact sheet. Amounts are decimals in their unit, times are ISO 8601. */
export interface SheetData {
  readonly batch: string;
  readonly state: string;
  readonly directory: string;
  /** When the sheet was made. */
  readonly madeAt: string;
  readonly accounts: readonly SheetAccount[];
  readonly steps: readonly { readonly name: string; readonly shots: readonly SheetShot[] }[];
}
interface SheetAccount {
  readonly account: string;
  readonly unit: string;
  readonly spent: string;
  readonly planned?: string;
  readonly reserved?: string;
  readonly ambiguous?: string;
}
export interface SheetShot {
  readonly key: string;
  readonly name: string;
  /** Place of its data row: equal for shots made from the same row. */
  readonly origin: string;
  readonly state: 'succeeded' | 'cached' | 'failed' | 'parked' | 'skipped' | 'running' | 'waiting';
  readonly reason?: string;
  /** `2 of 3 files`, when fewer files came than were ordered. */
  readonly delivered?: string;
  readonly account: string;
  readonly model: string;
  readonly prompt?: string;
  readonly price?: string;
  readonly unit?: string;
  readonly jobId?: string;
  readonly submittedAt?: string;
  readonly savedAt?: string;
  /** Further lines of the fact list, such as `seed` or an option. */
  readonly facts?: Readonly<Record<string, string>>;
  readonly files: readonly SheetFile[];
}
export interface SheetFile {
  /** Relative to the batch's folder, with `/`, not yet encoded. */
  readonly path: string;
  /** Null where the file has no thumbnail. */
  readonly thumb: string | null;
  readonly mime: string;
  /** The beginning of a file that is text. */
  readonly text?: string;
  readonly width: number | null;
  readonly height: number | null;
  /** Why the file is not whole; absent for a whole file. */
  readonly damaged?: string;
  readonly sha256: string;
}

const asset = (name: string): Promise<string> =>
  readFile(new URL(`./sheet/${name}`, import.meta.url), 'utf8');

/**
 * The contact sheet as one page that needs only the files beside it. Style, script and data are
 * inline, and its policy allows no network request. The data is JSON without any possible markup.
 * It enters the document only as text, so prompts and names cannot run.
 */
export async function renderContactSheet(data: SheetData): Promise<string> {
  const [page, style, script] = await Promise.all([
    asset('sheet.html'),
    asset('sheet.css'),
    asset('sheet.js'),
  ]);
  const policy =
    "default-src 'none'; img-src 'self' file:; media-src 'self' file:; " +
    `style-src ${sourceHash(style)}; script-src ${sourceHash(script)}; base-uri 'none'; form-action 'none'`;
  const parts: Record<string, string> = {
    policy,
    title: escapeHtml(data.batch),
    style: `<style>${style}</style>`,
    script: `<script>${script}</script>`,
    data: `<script type="application/json" id="data">${inertJson(data)}</script>`,
  };
  return page.replace(
    /<!--(policy|title|style|script|data)-->/g,
    (_, name: string) => parts[name] ?? '',
  );
}

/** Writes `index.html`. The sheet is only a view: a failure calls `warn` and the run continues. */
export async function writeContactSheet(
  batchFolder: string,
  data: SheetData,
  warn: (message: string) => void,
): Promise<string | undefined> {
  const path = join(batchFolder, 'index.html');
  try {
    await writeWhole(path, [await renderContactSheet(data)]);
    return path;
  } catch (error) {
    warn(
      `the contact sheet was not written: ${error instanceof Error ? error.message : 'unknown'}`,
    );
    return undefined;
  }
}

/** JSON that cannot end its script element or start a comment in it. */
function inertJson(data: unknown): string {
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
