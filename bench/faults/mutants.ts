import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/temporal/package-root.ts';
import type { Focus } from './focus.ts';
import { focuses } from './focuses.ts';

/** A bug planted into a copy of the program, to see that the campaign finds it. */
export interface Mutant {
  readonly name: string;
  /** None: the program itself has it still. */
  readonly changes: readonly {
    readonly file: string;
    readonly find: string;
    readonly replace: string;
  }[];
  /** The danger that this bug is one for. */
  readonly focus: Focus;
}

const post = { method: 'POST', path: '(generat|upscal)' };

export const mutants: readonly Mutant[] = [
  {
    name: 'the claim moved after the POST',
    changes: [
      {
        file: 'src/ledger/sqlite/submissions/due.ts',
        // A claim without a recorded answer is as if it had never been written.
        find: `  database.run(
    \`update submission set state = 'ambiguous', why = 'no answer was recorded in time'
     where account = ? and state = 'claimed' and deadline_at <= ?\`,`,
        replace: `  database.run(
    \`update shot set state = 'open', submission = null where submission in (
       select id from submission where account = ? and state = 'claimed' and deadline_at <= ?)\`,
    range.account,
    now,
  );
  database.run(
    \`update submission set state = 'rejected'
     where account = ? and state = 'claimed' and deadline_at <= ?\`,`,
      },
    ],
    focus: {
      vendors: ['photogpt'],
      incidents: [{ kind: 'die-at', moment: 'answered', nth: 2 }],
      faults: [],
    },
  },
  {
    name: 'a blind retry of a 500',
    changes: [
      {
        file: 'src/activities/claim-and-start.ts',
        find: 'started = await access.provider.start(resolved, fence);',
        replace: `started = await access.provider
      .start(resolved, fence)
      .catch(() => access.provider.start(resolved, fence));`,
      },
    ],
    focus: {
      vendors: ['photogpt'],
      incidents: [],
      faults: [{ kind: 'error-after', status: 500, match: post, nth: [2, 4, 6] }],
    },
  },
  {
    name: 'the reservation left out',
    changes: [
      {
        file: 'src/ledger/sqlite/claims/claim.ts',
        find: 'const reserved = price.amount ?? 0;',
        replace: 'const reserved = 0;',
      },
    ],
    focus: { vendors: ['photogpt'], capped: true, incidents: [], faults: [] },
  },
  {
    name: 'adoption of any job in the window',
    changes: [
      {
        file: 'src/activities/settling/settle.ts',
        find: 'const chosen = isShared ? [] : await chooseJobs(deps.ledger, question);',
        replace: 'const chosen = isShared ? [] : candidates;',
      },
    ],
    focus: {
      vendors: ['photogpt'],
      revealing: false,
      incidents: [],
      faults: [{ kind: 'reset-after', match: post, nth: [2, 3, 4, 5] }],
    },
  },
  {
    name: 'downloads unverified',
    changes: [
      {
        file: 'src/activities/outputs/keep-file.ts',
        find: 'damage: damage ?? doubt };',
        replace: 'damage: null };',
      },
    ],
    focus: {
      vendors: ['photogpt'],
      incidents: [],
      faults: [{ kind: 'download-short', nth: [1, 3, 5] }],
    },
  },
  {
    name: 'without the send fence',
    changes: [
      {
        file: 'src/http/attempt.ts',
        find: 'if (lateByMs >= 0) throw',
        replace: 'if (lateByMs >= Number.MAX_SAFE_INTEGER) throw',
      },
    ],
    focus: {
      vendors: ['photogpt'],
      shape: 'alone',
      incidents: [{ kind: 'suspend', moment: 'sending', nth: 2, ms: 30_000 }],
      faults: [],
    },
  },
  ...Object.entries({
    'one 404 gives up a training that was paid': 'P1 one 404 while the training runs',
    'a refused trigger releases a training that runs':
      'P1 a gateway repeats the trigger, the second is refused',
    'a model that still shows as new was not triggered':
      'P1 the model shows as new while its training is queued',
    'a fresh process believes that the clock was steady':
      'P2 killed in a paid request, clock set ahead',
    'the vendor’s late answer is dropped': 'P3 the answer comes after a person named another job',
    'a fresh link is taken by its place in the list': 'P4 files in another order when asked again',
    'SIGHUP kills at once': 'P5 SIGHUP in a paid request',
    'a stopping worker is forced after 70 seconds': 'P6 a signal in a very slow paid request',
    'a time with a fraction reaches the ledger': 'P7 a time with a fraction',
    'one missing blob stops the publication of all': 'P8 a saved file is gone',
    'the blob store remembers a failure': 'P9 the blob store cannot be prepared',
    'a damaged file is refused for ever': 'P10 a JPEG is damaged in every try',
    'an ended job is waited for': 'P11 requests without an answer, and jobs that all ended',
  }).map(([name, focus]) => ({ name, changes: [], focus: focuses[focus] ?? {} })),
];

/**
 * A copy of the program with the bug in it.
 * @throws Error when the place is not there any more: then the mutant has to be written anew
 */
export function plant(mutant: Mutant): { readonly program: string; remove(): void } {
  const program = mkdtempSync(join(tmpdir(), 'shotlist-mutant-'));
  for (const part of ['src', 'bin', 'batches', 'package.json', 'tools'])
    cpSync(join(packageRoot(), part), join(program, part), { recursive: true });
  symlinkSync(join(packageRoot(), 'node_modules'), join(program, 'node_modules'));
  for (const { file, find, replace } of mutant.changes) {
    const path = join(program, file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(find)) throw new Error(`${mutant.name}: ${file} has no ${find}`);
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
  }
  return { program, remove: () => rmSync(program, { recursive: true, force: true }) };
}
