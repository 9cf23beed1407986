import type { Json, JsonObject } from '../../json.ts';
import { readCsv } from './csv.ts';
import type { Files } from './files.ts';
import { readJsonLines } from './jsonl.ts';
import { didYouMean } from '../file/suggest.ts';

export interface Row {
  /** Counted from 1, without the header. */
  readonly number: number;
  /** Every column of the table; blank where this row has no value. */
  readonly values: Readonly<Record<string, Json>>;
  /** Place of the row, if it comes from a file. */
  readonly origin: { readonly file: string; readonly line: number } | undefined;
}

export interface Table extends Iterable<Row> {
  readonly columns: readonly string[];
  readonly count: number;
  readonly kind: 'csv' | 'jsonl' | 'txt' | 'pattern' | 'list';
}

export interface DataFailure {
  readonly ok: false;
  readonly message: string;
  readonly hint?: string;
  readonly line?: number;
  readonly file?: string;
  readonly didYouMean?: string;
}

export type DataResult = { readonly ok: true; readonly table: Table } | DataFailure;

/** Maximum size of a data file. */
export const dataBytesMax = 200 * 1024 * 1024;

/** Opens the value of `rows` (or of an axis): a data file, a pattern of files, or a list of records. */
export function openRows(rows: string | readonly JsonObject[], files: Files): DataResult {
  if (typeof rows !== 'string') return readList(rows);
  if (/[*?]/.test(rows)) return readPattern(rows, files);
  const extension = /\.([a-z0-9]+)$/i.exec(rows)?.[1]?.toLowerCase() ?? '';
  if (!['csv', 'tsv', 'jsonl', 'txt'].includes(extension)) return unknownKind(rows, extension);
  const bytes = files.read(rows);
  if (!bytes) return missingFile(rows, files);
  if (bytes.length > dataBytesMax)
    return failure(rows, `${rows} is larger than 200 MB`, 'split it over several batches');
  const text = decode(bytes);
  if (text === undefined)
    return failure(rows, `${rows} is not UTF-8`, 'save it as UTF-8 (in Excel: CSV UTF-8)');
  const control = text.indexOf('\0');
  if (control !== -1) {
    const fault = failure(rows, `${rows} holds NUL characters`, 'save it as UTF-8, not as UTF-16');
    return { ...fault, line: text.slice(0, control).split('\n').length };
  }
  const result = readText(rows, extension, text);
  if (result.ok && result.table.count === 0) return failure(rows, `${rows} has no rows`);
  return result;
}

function readText(file: string, extension: string, text: string): DataResult {
  if (extension === 'jsonl') return readJsonLines(file, text);
  if (extension === 'txt') return readLines(file, text);
  return readCsv(file, text, extension === 'tsv' ? '\t' : undefined);
}

/** Decodes UTF-8 without its byte order mark. Undefined for other bytes. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function readLines(file: string, text: string): DataResult {
  const rows: Row[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim();
    if (trimmed === '') continue;
    const origin = { file, line: index + 1 };
    rows.push({ number: rows.length + 1, values: { line: trimmed }, origin });
  }
  return { ok: true, table: tableOf('txt', ['line'], rows) };
}

function readPattern(pattern: string, files: Files): DataResult {
  const found = files.match(pattern);
  if (found.length === 0)
    return {
      ok: false,
      message: `no file matches ${pattern}`,
      hint: 'paths are relative to the batch file',
    };
  const rows = found.map((file, index): Row => {
    const base = file.slice(file.lastIndexOf('/') + 1);
    const stem = base.replace(/(?<=.)\.[^.]*$/, '');
    return { number: index + 1, values: { file, stem }, origin: undefined };
  });
  return { ok: true, table: tableOf('pattern', ['file', 'stem'], rows) };
}

function readList(records: readonly JsonObject[]): DataResult {
  if (records.length === 0) return { ok: false, message: 'the list of rows is empty' };
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const blank = Object.fromEntries(columns.map((column) => [column, null]));
  const rows = records.map((record, index): Row => {
    return { number: index + 1, values: { ...blank, ...record }, origin: undefined };
  });
  return { ok: true, table: tableOf('list', columns, rows) };
}

function tableOf(kind: Table['kind'], columns: readonly string[], rows: readonly Row[]): Table {
  return { kind, columns, count: rows.length, [Symbol.iterator]: () => rows.values() };
}

function missingFile(file: string, files: Files): DataFailure {
  const folder = file.slice(0, file.lastIndexOf('/') + 1);
  const meant = didYouMean(file, files.match(`${folder}*`));
  return {
    ...failure(file, `${file} does not exist`, 'paths are relative to the batch file'),
    ...(meant === undefined ? {} : { didYouMean: meant }),
  };
}

function unknownKind(written: string, extension: string): DataFailure {
  const message = `${written} is neither a data file nor a pattern`;
  if (extension === 'json' || extension === 'ndjson')
    return {
      ok: false,
      message,
      hint: 'write one JSON object a line, in a file that ends in .jsonl',
    };
  if (['xlsx', 'xls', 'ods', 'numbers'].includes(extension))
    return { ok: false, message, hint: 'export the sheet as CSV (UTF-8)' };
  return {
    ok: false,
    message,
    hint: 'it takes .csv, .tsv, .jsonl, .txt, or a pattern such as photos/*.jpg',
  };
}

function failure(file: string, message: string, hint?: string): DataFailure {
  return { ok: false, message, file, ...(hint === undefined ? {} : { hint }) };
}
