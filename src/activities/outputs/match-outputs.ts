import { absoluteLink } from '../../http/links.ts';
import { canonicalJson, type Json } from '../../json.ts';
import type { JobOutput } from '../../providers/port.ts';
import { isDataUrl } from './data-url.ts';

/** Identity of an output in the ledger. */
export interface Identity {
  readonly remote: Json;
  readonly url: string | null;
}

/**
 * Matches the files that the vendor names now to those that it named first. It matches by the
 * vendor's own id, then by address, and last by the order of the rest on both sides. The match is
 * one to one over all outputs of a submission, saved ones included. A file known as another output
 * is never used for this one.
 * @param known every output of the submission, in the order of the ledger
 * @returns for each of `known` the same output as it is named now; undefined: the vendor does not
 * name it
 */
export function matchOutputs(
  known: readonly Identity[],
  named: readonly JobOutput[],
): readonly (JobOutput | undefined)[] {
  const matched: (JobOutput | undefined)[] = known.map(() => undefined);
  const left = new Set(named);
  const isKnownBy = [sameId, sameLink, sameFile(known), samePlace(known)];
  for (const isSame of isKnownBy)
    for (const [index, output] of known.entries()) {
      if (matched[index] !== undefined) continue;
      const [found] = [...left]
        .filter((each) => isSame(output, each))
        .toSorted((one, other) => sharedParts(output, other) - sharedParts(output, one));
      if (!found) continue;
      matched[index] = found;
      left.delete(found);
    }
  const isAnothers = (each: JobOutput): boolean =>
    known.some((output) => isKnownBy.some((isSame) => isSame(output, each)));
  const unknown = [...left].filter((each) => !isAnothers(each));
  const open = matched.filter((each) => each === undefined).length;
  const useful = unknown.filter(({ remote, url }) => remote !== null || url !== null);
  // An entry without id and address keeps its place in the order, unless enough others have one.
  const rest = (useful.length >= open ? useful : unknown).values();
  return matched.map((each) => each ?? rest.next().value);
}

/**
 * Files of a job's answer, each once, with absolute links: some vendors write links relative to
 * their own origin. Equal texts remain separate files.
 */
export function namedOutputs(
  outputs: readonly JobOutput[],
  trustedOrigin: string,
): readonly JobOutput[] {
  const absolute = outputs.map((output) =>
    isLink(output.url) ? { ...output, url: absoluteLink(output.url, trustedOrigin) } : output,
  );
  return absolute.filter(
    (output, index) =>
      (output.url !== null && !isLink(output.url)) ||
      !absolute.slice(0, index).some((each) => sameId(each, output) || sameLink(each, output)),
  );
}

/** False for text, which comes with the answer itself. */
function isLink(url: string | null): url is string {
  return url !== null && !isDataUrl(url);
}

function sameId(one: Identity, other: Identity): boolean {
  return one.remote !== null && canonicalJson(one.remote) === canonicalJson(other.remote);
}

/** Two outputs with different ids are two files, even at one address. */
const mayBeOne = (one: Identity, other: Identity): boolean =>
  one.remote === null || other.remote === null;

function sameLink(one: Identity, other: Identity): boolean {
  return mayBeOne(one, other) && one.url !== null && one.url === other.url;
}

type IsSame = (one: Identity, other: Identity) => boolean;

/** The same address, and a query part that distinguishes this file from others at that address. */
function sameFile(known: readonly Identity[]): IsSame {
  return (one, other) =>
    hasAddress(addressOf(one))(other) &&
    mayBeOne(one, other) &&
    !ownParts(one, known).isDisjointFrom(partsOf(other));
}

/** An address that only one known file has: its query is a signature, which changes. */
function samePlace(known: readonly Identity[]): IsSame {
  return (one, other) => {
    const isThere = hasAddress(addressOf(one));
    return isThere(other) && mayBeOne(one, other) && known.filter(isThere).length === 1;
  };
}

/** Query parts of an output that no other output at its address has. */
function ownParts(output: Identity, all: readonly Identity[]): ReadonlySet<string> {
  return all
    .filter(hasAddress(addressOf(output)))
    .filter((each) => each !== output)
    .reduce<ReadonlySet<string>>(
      (parts, other) => parts.difference(partsOf(other)),
      partsOf(output),
    );
}

const hasAddress =
  (address: string | undefined) =>
  (output: Identity): boolean =>
    address !== undefined && addressOf(output) === address;

const sharedParts = (one: Identity, other: Identity): number =>
  partsOf(one).intersection(partsOf(other)).size;

const partsOf = ({ url }: Identity): Set<string> =>
  new Set(
    (url ?? '')
      .replace(/^[^?]*\??|#.*$/gs, '')
      .split('&')
      .filter((part) => part !== ''),
  );

function addressOf({ url }: Identity): string | undefined {
  return isLink(url) ? url.replace(/[?#].*$/s, '') : undefined;
}
