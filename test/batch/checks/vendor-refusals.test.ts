import { describe, expect, it } from 'vitest';
import { checkBatch } from '../../../src/batch/checks/check-batch.ts';
import type { AccountSpec } from '../../../src/batch/model-spec.ts';
import { memoryFiles, studio } from '../catalogue.ts';
import { documentOf } from '../plan.ts';

/** The mistakes of a batch whose vendor has said this against requests with that prompt. */
function mistakes(source: string, said: string, prompt = 'a fox') {
  const refusing: AccountSpec = {
    ...studio,
    refusal: (request) => (request.prompt === prompt ? said : undefined),
  };
  const context = { files: memoryFiles({}), catalogue: new Map([['studio', refusing]]) };
  return checkBatch(documentOf(source), context)
    .filter(({ severity }) => severity === 'error')
    .map(({ place: { line }, message, context: where }) => ({ line, message, where }));
}

const batch = `batch: b
models:
  large:
    use: studio:painter
    options: { steps: 30 }
steps:
  s:
    prompt: ['a fox', 'a hen']
    model: large
    aspectRatio: '1:1'
`;

describe('what a vendor said against a request instead of a price', () => {
  it.each([
    ['params: steps: too many', 5],
    ['aspectRatio is not supported here', 10],
    ['the prompt is too long', 8],
    ['not with this model', 9],
    // Only whole words name a field.
    ['too many stepstones', 9],
  ])('is a mistake where it speaks of: %s', (said, line) => {
    const where = expect.stringContaining('step s, model large');
    expect(mistakes(batch, said)).toEqual([{ line, message: said, where }]);
  });

  it('is told once for all the shots that it is about', () => {
    const takes = batch.replace('    model: large', '    takes: 3\n    model: large');
    expect(mistakes(takes, 'no')).toMatchObject([{ where: expect.stringContaining('3 shots') }]);
    expect(mistakes(takes, 'no', 'an owl')).toEqual([]);
  });
});
