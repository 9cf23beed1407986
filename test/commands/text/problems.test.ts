import { describe, expect, it } from 'vitest';
import { formatProblems, type Problem } from '../../../src/commands/text/problems.ts';

const problem = (count: number, given: Partial<Problem> = {}): Problem => ({
  state: 'failed',
  why: 'refused: the prompt is not allowed',
  count,
  keys: ['images/a', 'images/b', 'images/c'].slice(0, count),
  ...given,
});

describe('what went wrong', () => {
  it('is a line for each reason, with its count and first shots', () => {
    expect(
      formatProblems([problem(212), problem(1, { state: 'parked', why: 'no answer' })]),
    ).toEqual([
      '  failed     212  refused: the prompt is not allowed: images/a, images/b, images/c, and 209 more',
      '  parked     1  no answer: images/a',
    ]);
  });

  it('stays short when every shot has a reason of its own', () => {
    const lines = formatProblems(
      Array.from({ length: 20 }, (_, index) => problem(1, { why: `reason ${index}` })),
    );
    expect(lines).toHaveLength(9);
    expect(lines.at(-1)).toBe('  and 12 more, for other reasons');
  });
});
