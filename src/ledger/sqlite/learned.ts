import type { Json } from '../../json.ts';
import type { LearnedLedger, Quote } from '../port.ts';
import type { Context } from './context.ts';

export function createLearnedLedger({ database, commits, now }: Context): LearnedLedger {
  return {
    models: async (account, after = -1) => {
      const row = database.get<{ models: string; at: number }>(
        'select models, at from discovered where account = ? and at > ?',
        account,
        after,
      );
      return row && { models: JSON.parse(row.models) as Json, at: row.at };
    },
    putModels: (account, models) =>
      commits.write(() => {
        database.run(
          'insert or replace into discovered (account, models, at) values (?, ?, ?)',
          account,
          JSON.stringify(models),
          now(),
        );
      }),
    quotes: async (account, since = 0) =>
      database
        .all<Quote>(
          'select key, amount, at from quote where account = ? and at >= ? order by key',
          account,
          since,
        )
        .map((quote) => ({ ...quote })),
    bills: async (account, since = 0) =>
      database
        .all<Quote>(
          'select key, amount, at from bill where account = ? and at >= ? order by key',
          account,
          since,
        )
        .map((bill) => ({ ...bill })),
    putQuotes: (account, quotes) =>
      commits.write(() => {
        for (const { key, amount } of quotes)
          database.run(
            'insert or replace into quote (account, key, amount, at) values (?, ?, ?, ?)',
            account,
            key,
            amount,
            now(),
          );
      }),
  };
}
