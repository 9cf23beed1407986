import type { Blobs } from '../storage/blobs.ts';

/** Maximum length of an excerpt; the file itself has the rest. */
const charactersMax = 4_000;

/** Excerpts of text files, by hash. An unreadable file has none. */
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
