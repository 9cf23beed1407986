import type { Blobs } from '../storage/blobs.ts';

/** More is read in the file itself. */
const charactersMax = 4_000;

/** The beginnings of the files that are text, by their hashes; one that cannot be read has none. */
export async function readExcerpts(
  files: readonly { readonly sha256: string; readonly mime: string | null }[],
  blobs: Blobs,
): Promise<ReadonlyMap<string, string>> {
  const excerpts = new Map<string, string>();
  for (const { sha256, mime } of files) {
    if (mime !== 'text/plain' || excerpts.has(sha256)) continue;
    const bytes = await blobs.get(sha256).catch(() => undefined);
    if (bytes) excerpts.set(sha256, excerptOf(new TextDecoder().decode(bytes)));
  }
  return excerpts;
}

function excerptOf(text: string): string {
  const characters = Array.from(text.slice(0, 2 * charactersMax + 2));
  return characters.length > charactersMax
    ? `${characters.slice(0, charactersMax).join('')}…`
    : text;
}
