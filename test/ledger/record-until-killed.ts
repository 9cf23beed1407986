import { openSqliteLedger } from '../../src/ledger/sqlite/index.ts';

/** Keeps plans, several in each turn, and prints each name once its promise has resolved. */
const ledger = await openSqliteLedger({ path: process.argv[2] ?? '' });
for (let turn = 0; ; turn += 1)
  await Promise.all(
    [0, 1, 2, 3].map(async (one) => {
      const plan = `${turn}-${one}`;
      await ledger.plans.savePlan(plan, { turn });
      process.stdout.write(`${plan}\n`);
    }),
  );
