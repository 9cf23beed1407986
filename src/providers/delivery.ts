import type { JobOutput } from './port.ts';

/** The files of a job, as far as its answer names them. */
export interface Delivery {
  readonly outputs: readonly JobOutput[];
  /** Entries that name no file which could be fetched. */
  readonly unreadable: number;
}

/**
 * Reads a list of files entry by entry: one that cannot be read costs only itself, and a file that is listed
 * twice is one. No list is an empty one; what is no list is its only entry.
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

/** Tells files apart by the vendor's ids, and by their links where one of two has no id. */
class KnownFiles {
  readonly #ids = new Set<unknown>();
  readonly #links = new Set<string>();
  readonly #linksWithoutId = new Set<string>();

  /** @returns whether it is a new one */
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

/** A link that something may be fetched from; anything else is none. */
export function linkOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}
