import type { BatchDocument } from '../file/document.ts';
import type { Catalogue } from '../model-spec.ts';
import { problemAt } from '../file/problem-at.ts';
import type { Problem } from '../problem.ts';
import type { PlannedShot } from '../shot.ts';

interface Count {
  readonly shot: PlannedShot;
  readonly most: number;
  readonly images: Set<string>;
}

/**
 * Counts the different images that a batch gives to each trained model, over all its steps. They
 * stay with the model, which has a maximum.
 */
export class ReferenceCounts {
  readonly #document: BatchDocument;
  readonly #catalogue: Catalogue;
  readonly #byModel = new Map<string, Count>();

  constructor(document: BatchDocument, catalogue: Catalogue) {
    this.#document = document;
    this.#catalogue = catalogue;
  }

  see(shot: PlannedShot): void {
    const { choice, references, account } = shot.request;
    if (choice.kind === 'public' || references.length === 0) return;
    const most = this.#catalogue.get(account)?.training?.referencesMax;
    if (most === undefined) return;
    const id = choice.kind === 'training' ? choice.set.fingerprint : choice.id;
    const key = `${shot.account} ${choice.kind} ${id}`;
    const count = this.#byModel.get(key) ?? { shot, most, images: new Set() };
    this.#byModel.set(key, count);
    // An output is read in place, so it does not count. A link counts, since its file is fetched.
    for (const reference of references) {
      if (reference.kind === 'file') count.images.add(reference.sha256);
      if (reference.kind === 'link') count.images.add(reference.url);
    }
  }

  problems(): Problem[] {
    return [...this.#byModel.values()]
      .filter(({ images, most }) => images.size > most)
      .map(({ shot, images, most }) =>
        problemAt(
          this.#document,
          {
            path: ['steps', shot.step, 'references'],
            message: `${shot.writtenModel} is given ${images.size} different references; a trained model of ${shot.request.account} keeps at most ${most}`,
            hint: 'they stay with the model and count over all steps and batches; use fewer different images, or train another model for some of them',
          },
          `step ${shot.step}`,
        ),
      );
  }
}
