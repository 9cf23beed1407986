import { checkBatch } from '../../src/batch/checks/check-batch.ts';
import type { BatchDocument } from '../../src/batch/file/document.ts';
import { openStep } from '../../src/batch/expansion/expand.ts';
import { parseBatch } from '../../src/batch/file/parse.ts';
import type { PlannedShot, SourceOutput } from '../../src/batch/shot.ts';
import { catalogue, memoryFiles } from './catalogue.ts';

export function documentOf(text: string): BatchDocument {
  const { document, problems } = parseBatch(text, 'batch.yaml');
  if (!document || problems.length > 0) throw new Error(JSON.stringify(problems, null, 1));
  return document;
}

/** A batch of one step `s`, given by the lines of the step. */
export function stepText(lines: string, top = ''): string {
  const step = lines
    .trim()
    .split('\n')
    .map((line) => `    ${line}`);
  return `batch: b\n${top.trim()}\nsteps:\n  s:\n${step.join('\n')}\n`;
}

/** The shots of a step without mistakes. */
export function shotsOf(
  text: string,
  files: Record<string, string> = {},
  step = 's',
  sources: Iterable<SourceOutput> = [],
): PlannedShot[] {
  const opened = openStep(documentOf(text), step, { files: memoryFiles(files), catalogue });
  if (opened.problems.length > 0) throw new Error(JSON.stringify(opened.problems, null, 1));
  return [...opened.shots(sources)].map((expanded) => {
    if ('shot' in expanded) return expanded.shot;
    throw new Error(`${expanded.origin}: ${JSON.stringify(expanded.problem, null, 1)}`);
  });
}

/** The messages of all errors that `validate` would print. */
export function mistakesOf(text: string, files: Record<string, string> = {}): string[] {
  const context = { files: memoryFiles(files), catalogue };
  const problems = checkBatch(documentOf(text), context);
  return problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}
