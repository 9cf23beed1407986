import { isDeep, type JsonObject } from '../../json.ts';
import type { DataResult, Row } from './data.ts';
import { columnsMax, depthMax, tooManyColumns } from './table-limits.ts';
import { messageOf } from '../../errors.ts';

/**
 * Reads one object per line. The first pass checks every line and collects the keys. Rows are
 * parsed again when read, so that a large file is never kept as objects.
 */
export function readJsonLines(file: string, text: string): DataResult {
  const columns = new Set<string>();
  let count = 0;
  for (const { line, number } of linesOf(text)) {
    const parsed = parseObject(line);
    if (typeof parsed === 'string')
      return {
        ok: false,
        file,
        line: number,
        message: `line ${number} is not a JSON object`,
        hint: parsed,
      };
    for (const key of Object.keys(parsed)) columns.add(key);
    if (columns.size > columnsMax)
      return { ok: false, file, line: number, message: tooManyColumns(file) };
    count += 1;
  }
  const blank = Object.fromEntries([...columns].map((column) => [column, null]));
  function* rows(): Generator<Row> {
    let rowNumber = 0;
    for (const { line, number } of linesOf(text)) {
      rowNumber += 1;
      const values = { ...blank, ...(JSON.parse(line) as JsonObject) };
      yield { number: rowNumber, values, origin: { file, line: number } };
    }
  }
  return {
    ok: true,
    table: { kind: 'jsonl', columns: [...columns], count, [Symbol.iterator]: rows },
  };
}

/** Lines that are not blank, with their number in the file. */
function* linesOf(text: string): Generator<{ line: string; number: number }> {
  let start = 0;
  for (let number = 1; start < text.length; number++) {
    const found = text.indexOf('\n', start);
    const end = found === -1 ? text.length : found;
    const line = text.slice(start, end).trim();
    if (line !== '') yield { line, number };
    start = end + 1;
  }
}

/** The object, or what is wrong with the line. */
function parseObject(line: string): JsonObject | string {
  try {
    if (isDeep(line, depthMax)) return `it is nested deeper than ${depthMax} levels`;
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as JsonObject;
    return 'each line holds one object, such as {"id": "a"}';
  } catch (error) {
    return messageOf(error);
  }
}
