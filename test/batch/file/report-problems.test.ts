import { describe, expect, it } from 'vitest';
import { formatProblems } from '../../../src/batch/file/report-problems.ts';

const place = { file: 'b.yaml', line: 2, column: 3, length: 4 };
const problem = { severity: 'error', message: 'unknown key pikc', place, path: [] } as const;

describe('formatProblems', () => {
  it('marks the text in its line', () => {
    const reported = {
      ...problem,
      context: 'step a',
      hint: 'did you mean pick?',
      advice: ['Or not.'],
    };
    expect(formatProblems([reported], () => 'a:\n  pikc: 1\n')).toBe(
      [
        'error: unknown key pikc',
        '  b.yaml:2:3   step a',
        '    2 |   pikc: 1',
        '      |   ^^^^ did you mean pick?',
        '  Or not.',
      ].join('\n'),
    );
  });

  it('names what was meant before the rest of the hint', () => {
    const reported = { ...problem, hint: 'it takes pick, from', didYouMean: 'pick' };
    expect(formatProblems([reported], () => undefined)).toContain(
      '  did you mean pick? it takes pick, from',
    );
  });

  it('shows the first twenty and counts the others', () => {
    const text = formatProblems(Array(23).fill(problem), () => undefined);
    expect(text.match(/error:/g)).toHaveLength(20);
    expect(text).toMatch(/and 3 more problems$/);
  });
});
