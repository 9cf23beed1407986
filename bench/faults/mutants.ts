import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/temporal/package-root.ts';
import type { Focus } from './focus.ts';

/** A bug planted into a copy of the program, to see that the campaign finds it. */
export interface Mutant {
  readonly name: string;
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
        find: 'const chosen = await chooseJobs(deps.ledger, question);',
        replace: 'const chosen = candidates;',
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
        file: 'src/activities/outputs/whole-file.ts',
        find: "  if (media.kind === 'image' && !undecodable.has(media.mime)) return await decode(path);\n",
        replace: '',
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
