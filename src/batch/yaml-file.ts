import { LineCounter, parseAllDocuments, type Document, type YAMLError } from 'yaml';
import type { Json } from '../json.ts';
import type { Place, Problem } from './problem.ts';
import { YamlPlaces } from './yaml-places.ts';
import { findTraps } from './yaml-traps.ts';

const batchBytesMax = 10 * 1024 * 1024;

/** Times that aliases may be expanded, so that a small file cannot become a huge value. */
const aliasCountMax = 1_000;

export type YamlFile =
  | {
      readonly ok: true;
      readonly value: Json;
      readonly places: YamlPlaces;
      readonly problems: Problem[];
    }
  | { readonly ok: false; readonly problems: Problem[] };

/** Reads YAML 1.2 (core schema, merge keys, one document, no tags) and finds what YAML lets through. */
export function readYaml(source: string, file: string): YamlFile {
  const start: Place = { file, line: 1, column: 1 };
  if (source.length > batchBytesMax) {
    const advice = ['Put the rows into a data file: .csv or .jsonl'];
    return stop(problem('the batch file is larger than 10 MB', start, { advice }));
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(source, {
    version: '1.2',
    schema: 'core',
    merge: true,
    uniqueKeys: true,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
  });
  const document = Array.isArray(documents) ? documents[0] : undefined;
  if (!document || document.contents === null)
    return stop(problem('the file is empty', start, { advice: ['It needs batch: and steps:'] }));
  const places = new YamlPlaces(file, document, lines);
  const fatal = [
    ...versionFault(document, places),
    ...syntaxFaults(document.errors, source, places),
    ...secondDocument(documents[1], places),
  ];
  if (fatal.length > 0) return { ok: false, problems: fatal };
  const traps = findTraps(document, source, places);
  if (traps.some((trap) => trap.stops)) return { ok: false, problems: traps.map((t) => t.problem) };
  try {
    const value = document.toJS({ maxAliasCount: aliasCountMax }) as Json;
    return { ok: true, value, places, problems: traps.map((trap) => trap.problem) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const excessive = reason.startsWith('Excessive alias count');
    return stop(problem(excessive ? 'the aliases expand to too large a value' : reason, start));
  }
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

/** One problem a line: what follows on the same line is usually the parser's confusion. */
function syntaxFaults(errors: readonly YAMLError[], source: string, places: YamlPlaces): Problem[] {
  const byLine = new Map<number, Problem>();
  for (const error of errors) {
    const place = places.span(error.pos[0], error.pos[1]);
    if (byLine.has(place.line)) continue;
    const text = source.split('\n')[place.line - 1] ?? '';
    byLine.set(place.line, unquotedTemplate(text, place) ?? plainFault(error, place));
  }
  return [...byLine.values()];
}

function plainFault(error: YAMLError, place: Place): Problem {
  if (error.code === 'DUPLICATE_KEY') return problem('this key is written twice', place);
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
