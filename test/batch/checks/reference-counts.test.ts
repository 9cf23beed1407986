import { describe, expect, it } from 'vitest';
import { checkBatch } from '../../../src/batch/checks/check-batch.ts';
import type { AccountSpec } from '../../../src/batch/model-spec.ts';
import { memoryFiles, studio } from '../catalogue.ts';
import { documentOf } from '../plan.ts';

const twoReferences: AccountSpec = {
  ...studio,
  models: studio.models.map((model) =>
    model.trained
      ? {
          ...model,
          references: { min: 0, max: 1, reads: ['image'], takes: ['file', 'own'], roles: [] },
        }
      : model,
  ),
  training: studio.training && { ...studio.training, referencesMax: 2 },
};

const images = { 'a.png': 'a', 'b.png': 'b', 'c.png': 'c', 'same.png': 'a' };

function problemsOf(first: string, second: string) {
  const text = `batch: b
models: { anna: { train: { account: studio, id: mdl_1 } } }
steps:
  one:
    rows: [${first}]
    model: anna
    prompt: Anna like {{ p }}
    references: ["{{ p }}"]
  two:
    rows: [${second}]
    model: anna
    prompt: Anna as {{ p }}
    references: ["{{ p }}"]
`;
  const context = { files: memoryFiles(images), catalogue: new Map([['studio', twoReferences]]) };
  return checkBatch(documentOf(text), context).filter(({ severity }) => severity === 'error');
}

describe('references of a trained model', () => {
  it('are counted over all steps, and too many are told before anything is sent', () => {
    expect(problemsOf('{ p: a.png }, { p: b.png }', '{ p: c.png }')).toMatchObject([
      {
        message: 'anna is given 3 different references; a trained model of studio keeps at most 2',
        path: ['steps', 'one', 'references'],
      },
    ]);
  });

  it('count once each, however often they are used', () => {
    expect(problemsOf('{ p: a.png }, { p: b.png }', '{ p: same.png }')).toEqual([]);
  });
});
