import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
  type YAMLError,
} from 'yaml';
import type { Json } from '../../json.ts';
import type { Place, Problem } from '../problem.ts';
import { depthMax } from '../data/table-limits.ts';
import { YamlPlaces } from './yaml-places.ts';
import { resolveAliases, type Aliases } from './yaml-aliases.ts';
import { findTraps } from './yaml-traps.ts';
import { messageOf } from '../../errors.ts';

export const batchBytesMax = 10 * 1024 * 1024;

/** Maximum number of alias expansions, so that a small file cannot become a huge value. */
export const aliasCountMax = 1_000;
/** Maximum number of values in the file after expansion of aliases and merge keys. */
export const valuesMax = 2_000_000;

export type YamlFile =
  | {
      readonly ok: true;
      readonly value: Json;
      readonly places: YamlPlaces;
      readonly problems: Problem[];
    }
  | { readonly ok: false; readonly problems: Problem[] };

/** Reads YAML 1.2 (core schema, merge keys, one document, no tags) and finds traps that YAML permits. */
export function readYaml(source: string, file: string): YamlFile {
  const start: Place = { file, line: 1, column: 1 };
  if (source.length > batchBytesMax) {
    const advice = ['put the rows into a data file: .csv or .jsonl'];
    return stop(problem('the batch file is larger than 10 MB', start, { advice }));
  }
  const control = /[^\P{Cc}\t\n\r\u0085]/u.exec(source);
  if (control) return stop(controlFault(source, control.index, start));
  const lines = new LineCounter();
  const documents = parsed(source, lines);
  if (documents === undefined) return stop(problem(tooDeep, start));
  const [document] = documents;
  if (!document || document.contents === null)
    return stop(problem('the file is empty', start, { advice: ['it needs batch: and steps:'] }));
  const places = new YamlPlaces(file, document, lines);
  if (document.errors.some(({ message }) => message === stackExceeded))
    return stop(problem(tooDeep, start));
  const fatal = [
    ...versionFault(document, places),
    ...syntaxFaults(document.errors, source, places),
    ...secondDocument(documents[1], places),
  ];
  if (fatal.length > 0) return { ok: false, problems: fatal };
  const aliases = resolveAliases(document);
  if (aliases.size > aliasCountMax) return stop(problem(tooLarge, start));
  const traps = findTraps(document, source, places, aliases);
  if (traps.some((trap) => trap.stops)) return { ok: false, problems: traps.map((t) => t.problem) };
  if (mergedValues(document, aliases) > valuesMax) return stop(problem(tooLarge, start));
  try {
    const value = document.toJS({ maxAliasCount: aliasCountMax }) as Json;
    const fault = sizeFault(value);
    if (fault !== undefined) return stop(problem(fault, start));
    return { ok: true, value, places, problems: traps.map((trap) => trap.problem) };
  } catch (error) {
    const reason = messageOf(error);
    const excessive = reason.startsWith('Excessive alias count');
    return stop(problem(excessive ? tooLarge : reason, start));
  }
}

/** The parser's message on a stack overflow. */
const stackExceeded = 'Maximum call stack size exceeded';
const tooLarge = 'the aliases expand to too large a value';
const tooDeep = `the file is nested deeper than ${depthMax} levels`;

/** Undefined when the nesting is too deep to parse. */
function parsed(source: string, lineCounter: LineCounter): Document[] | undefined {
  try {
    const documents = parseAllDocuments(source, {
      version: '1.2',
      schema: 'core',
      merge: true,
      // `findTraps` checks for repeated keys.
      uniqueKeys: false,
      lineCounter,
      prettyErrors: false,
      logLevel: 'error',
    });
    return Array.isArray(documents) ? documents : [];
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function controlFault(source: string, index: number, start: Place): Problem {
  const before = source.slice(0, index).split('\n');
  const place = { ...start, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  const code = source.charCodeAt(index).toString(16).padStart(4, '0').toUpperCase();
  const hint = code === '0000' ? 'save the file as UTF-8' : 'take it out';
  return problem(`the file holds the control character U+${code}`, place, { hint });
}

/** Number of values that merge keys copy. Unlike aliases, the parser does not count them. */
function mergedValues(document: Document, aliases: Aliases): number {
  let count = 0;
  visit(document, {
    Pair(_key, pair) {
      // The parser marks a merge key with a symbol.
      if (!isScalar(pair.key) || typeof pair.key.value !== 'symbol') return;
      for (const merged of isSeq(pair.value) ? pair.value.items : [pair.value]) {
        const source = isAlias(merged) ? aliases.get(merged) : undefined;
        if (isMap(source)) count += source.items.length;
      }
    },
  });
  return count;
}

/** Aliases share their target in memory, but a walk through the value visits it each time. */
function sizeFault(whole: Json): string | undefined {
  const left: [Json, number][] = [[whole, 1]];
  let count = 0;
  for (let next = left.pop(); next; next = left.pop()) {
    const [value, depth] = next;
    if (depth > depthMax) return tooDeep;
    if (++count > valuesMax) return tooLarge;
    if (typeof value !== 'object' || value === null) continue;
    for (const inner of Object.values(value)) left.push([inner, depth + 1]);
  }
  return undefined;
}

function stop(only: Problem): YamlFile {
  return { ok: false, problems: [only] };
}

function problem(message: string, place: Place, more: Partial<Problem> = {}): Problem {
  return { severity: 'error', message, place, path: [], ...more };
}

function versionFault(document: Document, places: YamlPlaces): Problem[] {
  const { yaml } = document.directives ?? {};
  if (!yaml?.explicit || yaml.version === '1.2') return [];
  const hint = 'leave it out: in YAML 1.1, 4:5 is 245 and OFF is false';
  return [problem(`%YAML ${yaml.version} is not taken`, places.span(0, 9), { hint })];
}

function secondDocument(document: Document | undefined, places: YamlPlaces): Problem[] {
  if (!document) return [];
  const start = document.range?.[0] ?? 0;
  const hint = 'one file describes one batch';
  return [
    problem('the file holds more than one YAML document', places.span(start, start), { hint }),
  ];
}

/** One problem per line: later errors on a line are usually the parser's confusion. */
function syntaxFaults(errors: readonly YAMLError[], source: string, places: YamlPlaces): Problem[] {
  const byLine = new Map<number, Problem>();
  const lines = source.split('\n');
  for (const error of errors) {
    const place = places.span(error.pos[0], error.pos[1]);
    if (byLine.has(place.line)) continue;
    const text = lines[place.line - 1] ?? '';
    byLine.set(place.line, unquotedTemplate(text, place) ?? plainFault(error, place));
  }
  return [...byLine.values()];
}

function plainFault(error: YAMLError, place: Place): Problem {
  return problem(`this is not YAML: ${error.message}`, place);
}

function unquotedTemplate(text: string, place: Place): Problem | undefined {
  const found = /(?<=(?:^|[:\-,[])\s+)(\{\{|\{%).*$/.exec(text);
  if (!found) return undefined;
  const mark = found[1] ?? '';
  const hint = `write "${found[0].trim()}"`;
  const at = { ...place, column: found.index + 1, length: found[0].trimEnd().length };
  return problem(`a value that starts with ${mark} needs quotes`, at, { hint });
}
