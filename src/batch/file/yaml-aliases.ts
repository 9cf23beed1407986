import { type Alias, type Document, type Node, visit } from 'yaml';

/** The target of each alias. Undefined when no anchor of that name comes before it. */
export type Aliases = ReadonlyMap<Alias, Node | undefined>;

/** Resolves all aliases in one pass: the parser's own look-up walks the whole file for each alias. */
export function resolveAliases(document: Document): Aliases {
  const anchors = new Map<string, Node>();
  const aliases = new Map<Alias, Node | undefined>();
  const note = (_key: unknown, node: Node & { anchor?: string }): void => {
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
  };
  visit(document, {
    Alias: (_key, node) => void aliases.set(node, anchors.get(node.source)),
    Collection: note,
    Scalar: note,
  });
  return aliases;
}
