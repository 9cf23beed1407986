import type { Json, JsonObject } from '../../json.ts';
import { type CompiledValue, compileValue } from '../templates/compiled-value.ts';
import { openRows } from '../data/data.ts';
import type { Step } from '../file/document.ts';
import type { Files } from '../data/files.ts';
import type { DocumentPath, Mistake } from '../file/problem-at.ts';

/** One dimension of a step: a matrix axis, or a request field with a list of values. */
export interface Axis {
  readonly name: string;
  readonly kind: 'matrix' | 'field';
  readonly values: readonly Json[];
  /** For a field: its values with compiled templates. */
  readonly compiled: readonly CompiledValue[];
  readonly path: DocumentPath;
}

/** Fields that become an axis when given as a list, slowest first. */
const axisFields = ['model', 'prompt', 'aspectRatio', 'resolution', 'duration', 'seed'] as const;

/** The axes of a step, slowest first. */
export function openAxes(step: Step, files: Files, mistakes: Mistake[]): readonly Axis[] {
  const axes: Axis[] = [];
  for (const [name, written] of Object.entries(step.matrix)) {
    const path = ['steps', step.name, 'matrix', name];
    const values =
      typeof written === 'string' ? readValues(written, path, files, mistakes) : written;
    axes.push({ name, kind: 'matrix', values, compiled: [], path });
  }
  for (const name of axisFields) {
    const written: unknown = step[name];
    if (!Array.isArray(written)) continue;
    const path = ['steps', step.name, name];
    const compiled = written.map((value, index) => compileValue(value, [...path, index], mistakes));
    axes.push({ name, kind: 'field', values: written as Json[], compiled, path });
  }
  return axes;
}

function readValues(
  written: string,
  path: DocumentPath,
  files: Files,
  mistakes: Mistake[],
): readonly Json[] {
  const opened = openRows(written, files);
  if (!opened.ok) {
    mistakes.push(dataMistake(opened, path));
    return [];
  }
  const plainLines = written.toLowerCase().endsWith('.txt');
  return [...opened.table].map((row) =>
    plainLines ? (row.values['line'] ?? null) : (row.values as JsonObject),
  );
}

/** A mistake for a data file's fault, placed at the file's own line where known. */
export function dataMistake(
  fault: { message: string; hint?: string; line?: number; file?: string; didYouMean?: string },
  path: DocumentPath,
): Mistake {
  const { message, hint, didYouMean, line, file } = fault;
  return {
    path,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(didYouMean === undefined ? {} : { didYouMean }),
    ...(line === undefined || file === undefined ? {} : { place: { file, line, column: 1 } }),
  };
}

/** Every combination of the axes as positions in their values, the first axis slowest. */
export function* combinations(axes: readonly Axis[]): Generator<readonly number[]> {
  if (axes.some((axis) => axis.values.length === 0)) return;
  const positions = axes.map(() => 0);
  for (;;) {
    yield [...positions];
    let axis = axes.length - 1;
    while (axis >= 0) {
      const next = (positions[axis] ?? 0) + 1;
      positions[axis] = next;
      if (next < (axes[axis] as Axis).values.length) break;
      positions[axis] = 0;
      axis -= 1;
    }
    if (axis < 0) return;
  }
}
