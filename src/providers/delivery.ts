import type { JobOutput } from './port.ts';

/** The files in a job's answer. */
export interface Delivery {
  readonly outputs: readonly JobOutput[];
  /** Number of entries without a file that can be fetched. */
  readonly unreadable: number;
}

/**
 * Reads a list of files entry by entry. An unreadable entry does not affect the others, and a file listed
 * twice counts once. A missing list is empty; a value that is no list is read as the only entry.
 */
export function readDelivery(
  listed: unknown,
  read: (entry: unknown) => JobOutput | undefined,
): Delivery {
  const entries = Array.isArray(listed) ? listed : listed == null ? [] : [listed];
  const outputs: JobOutput[] = [];
  const known = new KnownFiles();
  let unreadable = 0;
  for (const entry of entries) {
    const output = read(entry);
    if (!output) unreadable++;
    else if (known.add(output)) outputs.push(output);
  }
  return { outputs, unreadable };
}

/** Distinguishes files by the vendor's ids, or by their links if one of two has no id. */
class KnownFiles {
  readonly #ids = new Set<unknown>();
  readonly #links = new Set<string>();
  readonly #linksWithoutId = new Set<string>();

  /** @returns whether the file is new */
  add({ remote, url }: JobOutput): boolean {
    const sameLinks = remote === null ? this.#links : this.#linksWithoutId;
    if (this.#ids.has(remote) || (url !== null && sameLinks.has(url))) return false;
    if (remote !== null) this.#ids.add(remote);
    if (url !== null) this.#links.add(url);
    if (url !== null && remote === null) this.#linksWithoutId.add(url);
    return true;
  }
}

export function together(...deliveries: readonly Delivery[]): Delivery {
  return {
    outputs: deliveries.flatMap(({ outputs }) => outputs),
    unreadable: deliveries.reduce((sum, { unreadable }) => sum + unreadable, 0),
  };
}

/** A link that is not empty; null for any other value. */
export function linkOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}
