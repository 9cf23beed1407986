import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Document,
  type LineCounter,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import type { Place } from '../problem.ts';

export type Path = readonly (string | number)[];

/** Finds the lines of a parsed YAML file by a value's path, through aliases and merge keys. */
export class YamlPlaces {
  readonly #file: string;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(file: string, document: Document, lines: LineCounter) {
    this.#file = file;
    this.#document = document;
    this.#lines = lines;
  }

  /** The value (or key) at a path. When the path leaves the file, its last part inside the file. */
  at(path: Path, what: 'key' | 'value' = 'value'): Place {
    let value: unknown = this.#document.contents;
    let key: unknown;
    for (const step of path) {
      const next = this.#step(value, step);
      if (!next) break;
      key = next.key ?? next.value;
      value = next.value;
    }
    const empty = isScalar(value) && value.range?.[0] === value.range?.[1];
    const node = (what === 'key' && isNode(key)) || empty || !isNode(value) ? key : value;
    return this.ofNode(isNode(node) ? node : undefined);
  }

  ofNode(node: Node | undefined): Place {
    const [start, end] = node?.range ?? [0, 0];
    return this.span(start, end);
  }

  /** A range of the file by offsets. */
  span(start: number, end: number): Place {
    const { line, col } = this.#lines.linePos(start);
    const last = this.#lines.linePos(end);
    const length = last.line === line ? Math.max(1, end - start) : undefined;
    const place = { file: this.#file, line: Math.max(1, line), column: Math.max(1, col) };
    return length === undefined ? place : { ...place, length };
  }

  /** Keys of the map at a path in written order, which JavaScript loses for keys such as `2` and `10`. */
  keys(path: Path): readonly string[] {
    let value: unknown = this.#document.contents;
    for (const step of path) value = this.#step(value, step)?.value;
    const map = this.#resolve(value);
    return isMap(map) ? map.items.map((pair) => keyText(pair)) : [];
  }

  #resolve(value: unknown): unknown {
    return isAlias(value) ? value.resolve(this.#document) : value;
  }

  #step(value: unknown, step: string | number): { key?: unknown; value: unknown } | undefined {
    const parent = this.#resolve(value);
    if (isMap(parent)) return this.#inMap(parent, String(step));
    if (!isSeq(parent)) return undefined;
    const item: unknown = parent.items[Number(step)];
    return item === undefined ? undefined : { value: item };
  }

  #inMap(map: YAMLMap, key: string): { key: unknown; value: unknown } | undefined {
    const own = map.items.find((pair) => keyText(pair) === key);
    if (own) return { key: own.key, value: own.value };
    for (const pair of map.items) {
      if (keyText(pair) !== '<<') continue;
      const merged = this.#resolve(pair.value);
      for (const source of isSeq(merged) ? merged.items : [merged]) {
        const parent = this.#resolve(source);
        const found = isMap(parent) ? this.#inMap(parent, key) : undefined;
        if (found) return found;
      }
    }
    return undefined;
  }
}

function keyText(pair: Pair): string {
  if (!isScalar(pair.key)) return String(pair.key);
  return typeof pair.key.value === 'symbol' ? '<<' : String(pair.key.value);
}
