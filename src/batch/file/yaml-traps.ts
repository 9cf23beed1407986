import {
  type Document,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
  isCollection,
  isMap,
  isPair,
  isScalar,
  visit,
} from 'yaml';
import type { Problem } from '../problem.ts';
import type { Aliases } from './yaml-aliases.ts';
import type { Path, YamlPlaces } from './yaml-places.ts';

export interface Trap {
  readonly problem: Problem;
  /** Whether the file cannot be read while this problem exists. */
  readonly stops: boolean;
}

/** Keys with numbers as data, where `00123` is meant as text. */
const dataKeys = new Set(['matrix', 'rows', 'where', 'exclude']);

/** Maximum number of reported traps. */
const trapsMax = 100;

/** Finds valid YAML that a person probably did not mean. Also finds repeated keys, which YAML forbids. */
export function findTraps(
  document: Document,
  source: string,
  places: YamlPlaces,
  aliases: Aliases,
): Trap[] {
  const traps: Trap[] = [];
  const add = (node: Node, path: Path, message: string, hint: string, stops = false): void => {
    const problem = { severity: 'error', message, hint, path, place: places.ofNode(node) } as const;
    traps.push({ problem, stops });
  };
  const refuseTag = (node: Node & { tag?: string }, ancestors: readonly unknown[]): void => {
    if (node.tag === undefined) return;
    const message = `YAML tags are not taken: ${node.tag}`;
    add(node, pathTo(ancestors, node), message, 'leave it out', true);
  };
  const goOn = (): symbol | undefined => (traps.length < trapsMax ? undefined : visit.BREAK);
  visit(document, {
    Alias(_key, node, ancestors) {
      if (aliases.get(node) === undefined)
        add(
          node,
          pathTo(ancestors, node),
          `YAML reads *${node.source} as an alias`,
          `put the pattern in quotes: "*${node.source}"`,
          true,
        );
      return goOn();
    },
    Collection(_key, node, ancestors) {
      refuseTag(node, ancestors);
      if (isMap(node))
        for (const pair of repeatedPairs(node)) {
          const place = places.ofNode(pair.key as Node);
          const path = pathTo([...ancestors, node], pair);
          const message = 'this key is written twice';
          traps.push({ problem: { severity: 'error', message, path, place }, stops: true });
        }
      return goOn();
    },
    Pair(_key, pair, ancestors) {
      if (!isCollection(pair.key)) return undefined;
      const path = pathTo(ancestors, pair).slice(0, -1);
      const start = (pair.key.range?.[0] ?? 1) - 1;
      const written = /^\{\{.*\}\}/.exec(source.slice(start).split('\n')[0] ?? '')?.[0];
      if (written === undefined) {
        add(pair.key, path, 'a key must be text', 'put it in quotes', true);
      } else {
        const place = places.span(start, start + written.length);
        const message = 'a value that starts with {{ needs quotes';
        const hint = `write "${written}"`;
        traps.push({ problem: { severity: 'error', message, hint, path, place }, stops: false });
      }
      return visit.SKIP;
    },
    Scalar(_key, node, ancestors) {
      refuseTag(node, ancestors);
      const cut = cutText(node, source);
      if (cut !== undefined)
        add(
          node,
          pathTo(ancestors, node),
          `YAML cuts the text at ${cut}`,
          'put the text in quotes (a comment has a space after #)',
        );
      // Builds a path only when needed: building one for every value of a long list is too slow.
      if (typeof node.value === 'number' && String(node.value) !== node.source) {
        const path = pathTo(ancestors, node);
        const reread = rereadNumber(node, path);
        if (reread !== undefined) add(node, path, ...reread);
      }
      return goOn();
    },
  });
  return traps;
}

/** Pairs with a key that occurred earlier in the same map. The parser's own search takes quadratic time. */
function repeatedPairs(map: YAMLMap): Pair[] {
  const seen = new Set<unknown>();
  return map.items.filter((pair) => {
    if (!isScalar(pair.key)) return false;
    const { value } = pair.key;
    const key = typeof value === 'symbol' ? '<<' : String(value);
    return seen.size === seen.add(key).size;
  });
}

/** The cut text after a plain scalar, when no space follows the `#`: ` #3 of the set`. */
function cutText(node: Scalar, source: string): string | undefined {
  if (node.type !== 'PLAIN' || !node.range) return undefined;
  const rest = source.slice(node.range[1], node.range[1] + 200);
  return /^[ \t]+#[^\s#=-][^\r\n]*/.exec(rest)?.[0].trim();
}

function rereadNumber(node: Scalar, path: Path): [message: string, hint: string] | undefined {
  const { value, source } = node;
  if (typeof value !== 'number' || source === undefined || String(value) === source)
    return undefined;
  if (!Number.isFinite(value)) return [`${source} is not a number here`, 'write a finite number'];
  const data =
    path[0] === 'vars' ||
    (path[0] === 'steps' && dataKeys.has(String(path[2]))) ||
    (Number.isInteger(value) && !Number.isSafeInteger(value));
  if (!data) return undefined;
  return [`YAML reads ${source} as the number ${value}`, `write "${source}"`];
}

function pathTo(ancestors: readonly unknown[], node: unknown): (string | number)[] {
  const path: (string | number)[] = [];
  const chain = [...ancestors, node];
  for (const [index, parent] of chain.entries()) {
    const child = chain[index + 1];
    if (isPair(parent)) path.push(keyOf(parent));
    else if (isCollection(parent) && !isMap(parent)) path.push(parent.items.indexOf(child));
  }
  return path;
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}
