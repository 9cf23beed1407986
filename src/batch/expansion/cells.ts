import type { Json } from '../../json.ts';
import { type Axis, combinations } from './axes.ts';
import type { CompiledValue } from '../templates/compiled-value.ts';
import type { Row, Table } from '../data/data.ts';
import type { BatchDocument, Step } from '../file/document.ts';
import type { sourceFacts } from '../templates/known-names.ts';
import type { AccountSpec } from '../model-spec.ts';
import type { NamedValue } from '../names.ts';
import type { SourceOutput } from '../shot.ts';
import { SourceMarker } from '../templates/template.ts';

/** One combination of a row or source with a value of every axis. Its takes are its shots. */
export interface Cell {
  /** The variables for dependent steps: columns, axes, and inherited ones. */
  readonly variables: Readonly<Record<string, Json>>;
  /** All names that templates may use, except `shot`. */
  readonly scope: Readonly<Record<string, unknown>>;
  /** This cell's value of every field that is an axis. */
  readonly fields: ReadonlyMap<string, { readonly value: Json; readonly compiled: CompiledValue }>;
  /** Parts of the default name. A prompt from a list has its position. */
  readonly axes: readonly NamedValue[];
  readonly row: number | undefined;
  readonly origin: string;
  /** The data file of the row. */
  readonly dataFile: string | undefined;
  readonly source: SourceOutput | undefined;
  /** The account that made the source. */
  readonly sourceAccount: AccountSpec | undefined;
}

type Start = Pick<Cell, 'variables' | 'row' | 'origin' | 'dataFile' | 'source' | 'sourceAccount'>;

/** All cells of a step before `where` and `exclude`, rows or sources slowest; lazy. */
export function* cellsOf(
  document: BatchDocument,
  axes: readonly Axis[],
  starts: Iterable<Start>,
): Generator<Cell> {
  for (const start of starts) {
    const marker = start.source && new SourceMarker(factsOf(start.source));
    for (const positions of combinations(axes))
      yield cellAt(document, axes, positions, start, marker);
  }
}

function cellAt(
  document: BatchDocument,
  axes: readonly Axis[],
  positions: readonly number[],
  start: Start,
  marker: SourceMarker | undefined,
): Cell {
  const variables: Record<string, Json> = { ...start.variables };
  const fields = new Map<string, { value: Json; compiled: CompiledValue }>();
  const named: NamedValue[] = [];
  axes.forEach((axis, index) => {
    const position = positions[index] ?? 0;
    const value = axis.values[position] ?? null;
    if (axis.kind === 'matrix') variables[axis.name] = value;
    else fields.set(axis.name, { value, compiled: axis.compiled[position] as CompiledValue });
    const isPrompt = axis.kind === 'field' && axis.name === 'prompt';
    named.push({ name: axis.name, value, ...(isPrompt ? { position: position + 1 } : {}) });
  });
  const scope = { ...document.vars, ...variables, ...(marker ? { source: marker } : {}) };
  return { ...start, variables, scope, fields, axes: named };
}

/** One start for each row, in file order. */
export function* rowStarts(table: Table, document: BatchDocument, step: Step): Generator<Start> {
  for (const row of table) {
    yield {
      variables: row.values,
      row: row.number,
      origin: originOf(row, table, document, step),
      dataFile: row.origin?.file,
      source: undefined,
      sourceAccount: undefined,
    };
  }
}

/** Records in the batch file may share a line, so their origin includes the column. */
function originOf(row: Row, table: Table, document: BatchDocument, step: Step): string {
  if (row.origin) return `${row.origin.file}:${row.origin.line}`;
  if (table.kind === 'pattern') return String(row.values['file']);
  const { file, line, column } = document.place(['steps', step.name, 'rows', row.number - 1]);
  return `${file}:${line}:${column}`;
}

/** One start for each output of an earlier step, in order of arrival. */
export function* sourceStarts(
  sources: Iterable<SourceOutput>,
  accountOf: (source: SourceOutput) => AccountSpec | undefined,
): Generator<Start> {
  for (const source of sources) {
    yield {
      variables: source.shot.variables,
      row: undefined,
      origin: `${source.shot.step}/${source.name}`,
      dataFile: undefined,
      source,
      sourceAccount: accountOf(source),
    };
  }
}

/** The one empty start of a step without rows and sources. */
export function singleStart(document: BatchDocument, step: Step): Start {
  const { file, line } = document.place(['steps', step.name], 'key');
  return {
    variables: {},
    row: 1,
    origin: `${file}:${line}`,
    dataFile: undefined,
    source: undefined,
    sourceAccount: undefined,
  };
}

function factsOf({ name, index, shot }: SourceOutput): Record<string, Json> {
  const facts: Record<(typeof sourceFacts)[number], Json> = {
    name,
    step: shot.step,
    model: shot.writtenModel,
    prompt: shot.prompt ?? null,
    take: shot.take,
    output: index + 1,
  };
  return facts;
}
