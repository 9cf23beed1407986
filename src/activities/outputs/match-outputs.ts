import { absoluteLink } from '../../http/links.ts';
import { canonicalJson, type Json } from '../../json.ts';
import type { JobOutput } from '../../providers/port.ts';
import { isDataUrl } from './data-url.ts';

/** What the ledger knows an output by. */
export interface Identity {
  readonly remote: Json;
  readonly url: string | null;
}

/**
 * Which of the files that the vendor names now is which of those that it named at first: by the vendor's own
 * id, else by the address, and only then by the order of what is left on both sides. One to one over all
 * outputs of a submission, saved ones too: a file that is known as another output is never taken for this one.
 * @param known every output of the submission, in the order of the ledger
 * @returns for each of `known` the same output as it is named now; undefined: the vendor does not name it
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
  // An entry that says nothing keeps its place in the order, unless there are enough that say something.
  const rest = (useful.length >= open ? useful : unknown).values();
  return matched.map((each) => each ?? rest.next().value);
}

/**
 * What a job's answer names, each file once, with links that hold anywhere: some vendors write them against
 * their own origin. Equal texts are texts of their own.
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

/** Text comes with the answer itself. */
function isLink(url: string | null): url is string {
  return url !== null && !isDataUrl(url);
}

function sameId(one: Identity, other: Identity): boolean {
  return one.remote !== null && canonicalJson(one.remote) === canonicalJson(other.remote);
}

/** Two with ids of their own are two files, wherever they lie. */
const mayBeOne = (one: Identity, other: Identity): boolean =>
  one.remote === null || other.remote === null;

function sameLink(one: Identity, other: Identity): boolean {
  return mayBeOne(one, other) && one.url !== null && one.url === other.url;
}

type IsSame = (one: Identity, other: Identity) => boolean;

/** At one address, with a part of the query that tells this file from the others there. */
function sameFile(known: readonly Identity[]): IsSame {
  return (one, other) =>
    hasAddress(addressOf(one))(other) &&
    mayBeOne(one, other) &&
    !ownParts(one, known).isDisjointFrom(partsOf(other));
}

/** At the address of one file alone: its query is a signature, which changes. */
function samePlace(known: readonly Identity[]): IsSame {
  return (one, other) => {
    const isThere = hasAddress(addressOf(one));
    return isThere(other) && mayBeOne(one, other) && known.filter(isThere).length === 1;
  };
}

/** Parts of an output's query that no other of the same address has. */
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
