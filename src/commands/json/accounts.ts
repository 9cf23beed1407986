import { z } from 'zod';
import { accountName, count, decimal, list, time, unit } from './values.ts';

export const accountsSchema = z.strictObject({
  accounts: list(
    z.strictObject({
      account: accountName,
      vendor: z.string().describe('id of the vendor'),
      unit: unit.describe('the unit of every amount of this account'),
      baseUrl: z.string().describe("address of the vendor's API"),
      key: z
        .strictObject({
          variable: z.string().describe('the environment variable that holds it'),
          set: z.boolean().describe('whether the variable is set'),
          state: z
            .enum(['good', 'refused', 'limited', 'unreachable', 'ambiguous', 'malformed'])
            .nullable()
            .describe('what the vendor says of it; null where it was not asked'),
          message: z.string().nullable().describe('the same in words'),
        })
        .describe('facts about the API key; never the key'),
      balance: decimal.nullable().describe('null where the vendor was not asked or does not tell'),
      limits: z
        .strictObject({
          perMinute: count.nullable().describe('requests a minute; null: no limit'),
          inFlight: count.describe('jobs at once'),
          counts: z.enum(['all', 'paid']).describe('the requests that `perMinute` counts'),
        })
        .describe('how many requests are sent'),
      budget: z
        .strictObject({
          amount: decimal.describe('all that may be spent in a period'),
          period: z.enum(['day', 'month', 'ever']).describe('`ever`: all time'),
          used: decimal.describe('spent or reserved in this period'),
        })
        .nullable()
        .describe('the standing budget; null without one'),
      spent: decimal.describe('over all batches of the project'),
      reserved: decimal.describe('over all batches of the project'),
      learned: z
        .strictObject({
          modelsAt: time.nullable().describe('when the vendor listed its models last'),
          quotes: count.describe('how many prices it has quoted'),
          quotedLast: time.nullable().describe('when it quoted the last one'),
        })
        .describe('facts that the vendor reported'),
    }),
  ).describe('every account, in the order of the settings'),
});
export type AccountsDocument = z.infer<typeof accountsSchema>;
