import { CsvError, parse, type Info } from 'csv-parse/sync';
import type { DataFailure, DataResult, Row } from './data.ts';
import { columnsMax, tooManyColumns } from './table-limits.ts';

interface CsvRecord {
  readonly cells: readonly string[];
  /** Where the record begins; a quoted cell may span further lines. */
  readonly line: number;
}

/** Reads header and records. The default separator is the most frequent one in the header. */
export function readCsv(file: string, text: string, separator?: string): DataResult {
  const parsed = parseRecords(file, text, separator ?? sniffSeparator(text));
  if (!Array.isArray(parsed)) return parsed;
  const [header, ...records] = parsed;
  if (!header) return { ok: false, file, message: `${file} has no rows` };
  const columns = header.cells.map(cleanColumn);
  const wrong = headerFault(file, header, columns) ?? widthFault(file, records, columns.length);
  if (wrong) return wrong;
  function* rows(): Generator<Row> {
    for (const [index, { cells, line }] of records.entries()) {
      const values = Object.fromEntries(columns.map((column, at) => [column, cells[at] ?? '']));
      yield { number: index + 1, values, origin: { file, line } };
    }
  }
  const count = records.length;
  return { ok: true, table: { kind: 'csv', columns, count, [Symbol.iterator]: rows } };
}

/** The column `Product Name` is written `{{ Product_Name }}`. */
function cleanColumn(header: string): string {
  return header.trim().replace(/[^\p{L}\p{M}\p{N}_-]/gu, '_');
}

/** The most frequent of comma, semicolon and tab in the header, ignoring quoted cells. */
function sniffSeparator(text: string): string {
  const header = /^\s*((?:"[^"]*"|[^"\n])*)/.exec(text)?.[1] ?? '';
  const bare = header.replace(/"[^"]*"/g, '');
  const counted = [',', ';', '\t'].map((mark) => ({ mark, count: bare.split(mark).length }));
  return counted.reduce((best, next) => (next.count > best.count ? next : best)).mark;
}

function parseRecords(file: string, text: string, separator: string): CsvRecord[] | DataFailure {
  try {
    // Line ends become LF: csv-parse counts a CRLF inside quotes as two lines.
    const parsed = parse(text.replace(/\r\n?/g, '\n'), {
      delimiter: separator,
      relax_quotes: true,
      relax_column_count: true,
      trim: true,
      info: true,
    }) as unknown as { record: string[]; info: Info }[];
    let before = 0;
    const records: CsvRecord[] = [];
    for (const { record, info } of parsed) {
      const cells = record.map((cell) => cell.trim());
      const line = before + 1;
      before = info.lines;
      if (cells.some((cell) => cell !== '')) records.push({ cells, line });
    }
    return records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return quoteFault(file, error);
  }
}

function quoteFault(file: string, error: CsvError): DataFailure {
  const line = typeof error['lines'] === 'number' ? error['lines'] : undefined;
  const place = { ok: false, file, ...(line === undefined ? {} : { line }) } as const;
  const hint = 'a quote inside a quoted cell is written twice: "Carafe ""Nord"""';
  if (error.code === 'CSV_QUOTE_NOT_CLOSED')
    return { ...place, message: 'a quoted cell is never closed', hint };
  return { ...place, message: error.message, hint };
}

function headerFault(
  file: string,
  header: CsvRecord,
  columns: readonly string[],
): DataFailure | undefined {
  const at = { ok: false, file, line: header.line } as const;
  if (columns.length > columnsMax) return { ...at, message: tooManyColumns(file) };
  const empty = columns.indexOf('');
  if (empty !== -1)
    return { ...at, message: `column ${empty + 1} has no name`, hint: 'give each column a name' };
  const seen = new Set<string>();
  const repeated = columns.find((column) => seen.size === seen.add(column).size);
  if (repeated === undefined) return undefined;
  const spellings = header.cells.filter((cell) => cleanColumn(cell) === repeated);
  const hint = spellings.every((cell) => cell === repeated)
    ? 'each column needs its own name'
    : `${spellings.join(' and ')} are both read as ${repeated}`;
  return { ...at, message: `two columns are called ${repeated}`, hint };
}

function widthFault(
  file: string,
  records: readonly CsvRecord[],
  width: number,
): DataFailure | undefined {
  const wrong = records.find(({ cells }) => cells.length !== width);
  if (!wrong) return undefined;
  const many = wrong.cells.length;
  const hint = many > width ? 'a cell that holds the separator needs quotes' : 'a cell is missing';
  const message = `this line has ${cellCount(many)}, the header has ${cellCount(width)}`;
  return { ok: false, file, line: wrong.line, message, hint };
}

function cellCount(count: number): string {
  return count === 1 ? '1 cell' : `${count} cells`;
}
