import { lookUpModel } from '../catalogue-lookup.ts';
import type { BatchDocument, Step } from '../file/document.ts';
import type { Catalogue } from '../model-spec.ts';
import { type Mistake, problemAt } from '../file/problem-at.ts';
import type { Problem } from '../problem.ts';
import type { PlannedShot } from '../shot.ts';

const signedLink = /[?&](x-amz-signature|x-goog-signature|signature|sig|token|expires)=/i;
const originsShown = 3;

/** Collects, shot by shot, surprising facts that are not mistakes. They become notes after the pass. */
export interface NoteTaker {
  see(shot: PlannedShot): void;
  notes(): Problem[];
}

export function openNotes(document: BatchDocument, step: Step, catalogue: Catalogue): NoteTaker {
  const signed = new Set<string>();
  const unchecked = new Set<string>();
  let signedCount = 0;
  const path = ['steps', step.name];
  return {
    see({ request, origin, writtenModel }) {
      for (const reference of request.references) {
        if (reference.kind !== 'link' || !signedLink.test(reference.url)) continue;
        signedCount += 1;
        if (signed.size <= originsShown) signed.add(origin);
      }
      if (unchecked.has(writtenModel) || Object.keys(request.options).length === 0) return;
      const found = lookUpModel(document, catalogue, writtenModel, path);
      if (found.ok && found.model.spec.options === 'unchecked') unchecked.add(writtenModel);
    },
    notes() {
      const mistakes: Mistake[] = [];
      if (step.rows !== undefined && step.nameTemplate === undefined)
        mistakes.push({
          path,
          at: 'key',
          message: 'files are named by row number, which moves when a row is inserted',
          hint: 'give the step a name: such as "{{ id }}"',
        });
      if (signedCount > 0) {
        const shown = [...signed].slice(0, originsShown).join(', ');
        const links = signedCount === 1 ? '1 link carries' : `${signedCount} links carry`;
        mistakes.push({
          path: [...path, 'references'],
          message: `${links} a signature (${shown}): exported again they will look new`,
        });
      }
      for (const model of unchecked)
        mistakes.push({
          path: [...path, 'options'],
          message: `options not checked: ${model} has none documented`,
        });
      return mistakes.map((mistake) =>
        problemAt(document, { ...mistake, severity: 'note' }, `step ${step.name}`),
      );
    },
  };
}

/** A second price is paid only when the accepted plan includes one. */
export function policyNotes(document: BatchDocument): Problem[] {
  const { onAmbiguous, paidRetries } = document.policy;
  if (onAmbiguous !== 'resubmit' || paidRetries > 0) return [];
  const mistake: Mistake = {
    path: ['policy', 'onAmbiguous'],
    message: 'resubmit sends nothing again without paidRetries: such shots are parked',
    hint: 'add paidRetries: 1',
    severity: 'note',
  };
  return [problemAt(document, mistake)];
}
