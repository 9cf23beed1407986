import { focusNamed } from '../focuses.ts';
import type { Mutant } from './plant.ts';

const afterRefusal = {
  file: 'src/activities/training/phases.ts',
  find: "if (row.trigger?.state === 'rejected') await retryRefused(training, row, row.trigger);\n  else await",
  replace: 'await',
};

/**
 * The holes of the report that `focuses` speaks of, as they were before they were fixed. A training that was
 * refused is looked at again by a later run, so that two of them need that defence gone, too.
 */
export const reported: readonly Mutant[] = [
  {
    name: 'one 404 gives up a training that was paid',
    changes: [
      {
        file: 'src/activities/training/look-for-model.ts',
        find: 'const isGone = row.trigger === null ? isLong || isSoonGone : isLong && !isListed;',
        replace: 'const isGone = row.trigger !== null || isLong || isSoonGone;',
      },
    ],
    focus: focusNamed('P1 one 404 while the training runs'),
  },
  {
    name: 'a refused trigger releases a training that runs',
    changes: [
      {
        file: 'src/activities/training/trigger-training.ts',
        find: "const isBegun = request === 'refused' ? await hasBegun(training, row) : false;",
        replace: 'const isBegun = false;',
      },
      afterRefusal,
    ],
    focus: focusNamed('P1 a gateway repeats the trigger, the second is refused'),
  },
  {
    name: 'a model that still shows as new was not triggered',
    changes: [
      {
        file: 'src/activities/training/trigger-training.ts',
        find: `  await submissions.park(trigger.submission, \`\${why}, and \${doubt}\`);
  return undecided(training, \`\${why}, and \${doubt}\`);`,
        replace: `  await submissions.absent(trigger.submission);
  return 0;`,
      },
      afterRefusal,
    ],
    focus: focusNamed('P1 the model shows as new while its training is queued'),
  },
  {
    name: 'a fresh process believes that the clock was steady',
    changes: [
      {
        file: 'src/activities/clock.ts',
        find: `    this.#jumpedAt = steady();
    this.#aheadMs = this.beganAt - this.#jumpedAt;`,
        replace: `    this.#jumpedAt = -Infinity;
    this.#aheadMs = this.beganAt - steady();`,
      },
    ],
    focus: focusNamed('P2 killed in a paid request, clock set ahead'),
  },
  {
    name: 'the vendor’s late answer is dropped',
    changes: [
      {
        file: 'src/ledger/sqlite/submissions/start-job.ts',
        find: "if (displaced && (from === 'person' || before.job_from === 'answer')) return false;",
        replace: 'if (displaced) return false;',
      },
    ],
    focus: focusNamed('P3 the answer comes after a person named another job'),
  },
  {
    name: 'a fresh link is taken by its place in the list',
    changes: [
      {
        file: 'src/activities/outputs/output-url.ts',
        find: 'const matched = matchOutputs(known, namedOutputs(state.outputs, trustedOrigin));',
        replace: 'const matched = namedOutputs(state.outputs, trustedOrigin);',
      },
    ],
    focus: focusNamed('P4 files in another order when asked again'),
  },
  {
    name: 'SIGHUP kills at once',
    changes: [
      {
        file: 'src/terminal.ts',
        find: ".on('SIGTERM', onSignal).on('SIGHUP', hear);",
        replace: ".on('SIGTERM', onSignal);",
      },
    ],
    focus: focusNamed('P5 SIGHUP in a paid request'),
  },
  {
    name: 'a stopping worker is forced after 70 seconds',
    changes: [
      {
        file: 'src/worker.ts',
        find: 'settings.forceAfterMs ?? forceAfterMs(served)',
        replace: 'settings.forceAfterMs ?? 70_000',
      },
      {
        file: 'src/commands/engine/session.ts',
        find: 'await worker?.paid.idle();',
        replace: '',
      },
    ],
    focus: focusNamed('P6 a signal in a very slow paid request'),
  },
  {
    name: 'a time with a fraction reaches the ledger',
    changes: [
      {
        file: 'src/providers/fields.ts',
        find: '? Math.round(ms) : undefined',
        replace: '? ms : undefined',
      },
      {
        file: 'src/ledger/sqlite/database.ts',
        find: "if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;",
        replace: 'return value;',
      },
    ],
    focus: focusNamed('P7 a time with a fraction'),
  },
  {
    name: 'one missing blob stops the publication of all',
    changes: [
      {
        file: 'src/report/place-files.ts',
        find: 'else if (await fetchAgain(input, item, error.problem)) fetchedAgain.push(placeOf(item));',
        replace: 'else throw error;',
      },
    ],
    focus: focusNamed('P8 a saved file is gone'),
  },
  {
    name: 'the blob store remembers a failure',
    changes: [
      {
        file: 'src/storage/folder-blobs.ts',
        find: 'const prepared = memo(() => prepare(temporaries));',
        replace: `let first: Promise<void> | undefined;
  const prepared = { get: () => (first ??= prepare(temporaries)) };`,
      },
    ],
    focus: focusNamed('P9 the blob store cannot be prepared'),
  },
  {
    name: 'a damaged file is refused for ever',
    changes: [
      {
        file: 'src/activities/outputs/save-output.ts',
        find: 'return isDelimited && forMs !== undefined && forMs >= damagedForMs;',
        replace: 'return false;',
      },
    ],
    focus: focusNamed('P10 a JPEG is damaged in every try'),
  },
  {
    name: 'an ended job is waited for',
    changes: [
      {
        file: 'src/activities/reconcile/settle.ts',
        find: "fit !== 'same' && !hasEnded && provider.describe !== undefined",
        replace: "fit !== 'same' && provider.describe !== undefined",
      },
      {
        file: 'src/activities/reconcile/patience.ts',
        find: 'return Math.min(jobMs, patienceFactor * postMs);',
        replace: 'return jobMs;',
      },
    ],
    focus: focusNamed('P11 requests without an answer, and jobs that all ended'),
  },
];
