import type { Problem } from '../problem.ts';

const shownMax = 20;

/** Problems as text for a terminal: message, place, underlined line and advice. */
export function formatProblems(
  problems: readonly Problem[],
  sources: (file: string) => string | undefined,
): string {
  const blocks = problems.slice(0, shownMax).map((problem) => formatProblem(problem, sources));
  const more = problems.length - shownMax;
  if (more > 0) blocks.push(`and ${more} more ${more === 1 ? 'problem' : 'problems'}`);
  return blocks.join('\n\n');
}

function formatProblem(problem: Problem, sources: (file: string) => string | undefined): string {
  const { file, line, column } = problem.place;
  const context = problem.context ? `   ${problem.context}` : '';
  return [
    `${problem.severity}: ${problem.message}`,
    `  ${file}:${line}:${column}${context}`,
    ...frame(problem, sources(file)),
    ...(problem.advice ?? []).map((advice) => `  ${advice}`),
  ].join('\n');
}

/** The line with an underline and the hint. Only the hint when the source is not available. */
function frame(problem: Problem, source: string | undefined): string[] {
  const { line, column, length } = problem.place;
  const hint = hintOf(problem);
  const text = source?.split(/\r?\n/)[line - 1];
  if (text === undefined) return hint ? [`  ${hint}`] : [];
  const gutter = String(line).padStart(5);
  const before = text.slice(0, column - 1).replace(/[^\t]/g, ' ');
  const marked = Math.max(1, Math.min(length ?? 1, text.length - column + 1));
  const underline = `${before}${'^'.repeat(marked)}${hint ? ` ${hint}` : ''}`;
  return [`${gutter} | ${text}`, `${' '.repeat(gutter.length)} | ${underline}`];
}

/** Puts a suggested name first, unless the hint already suggests one. */
function hintOf({ hint = '', didYouMean }: Problem): string {
  if (didYouMean === undefined || hint.startsWith('did you mean')) return hint;
  return `did you mean ${didYouMean}? ${hint}`.trimEnd();
}
