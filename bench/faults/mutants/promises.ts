import type { Mutant } from './plant.ts';

const post = { method: 'POST', path: '(generat|upscal)' };

/** Bugs that break what the README promises, one for each guard that keeps it. */
export const promises: readonly Mutant[] = [
  {
    name: 'the claim moved after the POST',
    changes: [
      {
        file: 'src/ledger/sqlite/submission-state.ts',
        // A claim without a recorded answer is as if it had never been written.
        find: `  database.run(
    \`update submission set state = '\${to}', why = 'no answer was recorded in time'
     where account = ? and state = '\${from[0]}' and deadline_at <= ?\`,`,
        replace: `  database.run(
    \`update shot set state = 'open', submission = null where submission in (
       select id from submission where account = ? and state = 'claimed' and deadline_at <= ?)\`,
    account,
    now,
  );
  database.run(
    \`update submission set state = 'rejected'
     where account = ? and state = 'claimed' and deadline_at <= ?\`,`,
      },
    ],
    focus: {
      vendors: ['photogpt'],
      incidents: [{ kind: 'die-at', failpoint: 'answered', nth: 2 }],
      faults: [],
    },
  },
  {
    name: 'a blind retry of a 500',
    changes: [
      {
        file: 'src/activities/claim-and-start.ts',
        find: 'started = await access.provider.start(resolved, { sendBy, timeoutMs, now });',
        replace: `const deadline = { sendBy, timeoutMs, now };
      started = await access.provider
        .start(resolved, deadline)
        .catch(() => access.provider.start(resolved, deadline));`,
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
        file: 'src/ledger/sqlite/claims/insert-submission.ts',
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
        file: 'src/activities/reconcile/settle.ts',
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
    name: 'without the send deadline',
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
      incidents: [{ kind: 'suspend', failpoint: 'sending', nth: 2, ms: 30_000 }],
      faults: [],
    },
  },
];
