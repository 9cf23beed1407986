import { z } from 'zod';
import { accountName, batchName, count, decimal, list, next, unit } from './values.ts';

const running = z.boolean().describe('whether a worker runs the batch now and got the message');

const uncollected = z.strictObject({
  account: accountName,
  unit,
  jobs: count.describe('jobs that have not ended'),
  files: count.describe('files of ended jobs'),
  amount: decimal.describe('what they cost, in `unit`'),
});
export type UncollectedEntry = z.infer<typeof uncollected>;
const left = list(uncollected).describe('paid jobs and files that are not on disk, by account');

export const steerSchema = z.strictObject({
  batch: batchName,
  state: z.enum(['running', 'paused', 'cancelled']).describe('the state that was set'),
  running,
  left,
  next,
});
export type SteerDocument = z.infer<typeof steerSchema>;

export const budgetSchema = z.strictObject({
  batch: batchName,
  account: accountName,
  unit,
  cap: decimal.describe('all that the batch may spend at the account, in `unit`'),
  used: decimal.describe('spent, reserved or at stake, in `unit`'),
  running,
  next,
});
export type BudgetDocument = z.infer<typeof budgetSchema>;

export const collectSchema = z.strictObject({
  batches: list(
    z.strictObject({
      batch: batchName,
      active: z.boolean().describe('whether it still runs, and collects its own files'),
      left,
      unwritten: count.describe('files that are missing here or could not be written'),
      undecided: count
        .optional()
        .describe('requests that a person must decide: `shotlist resolve`; absent if none'),
      unserved: list(
        z.strictObject({
          account: accountName,
          why: z.string().describe('why it cannot be asked'),
          next: list(z.string()).describe('advice, then the command that fetches the rest'),
        }),
      )
        .optional()
        .describe('accounts of `left` without a key or a place in `shotlist.yaml`; absent if none'),
      error: z.string().optional().describe('why the collection of the batch failed'),
    }),
  ).describe('batches that had something to collect'),
});
export type CollectDocument = z.infer<typeof collectSchema>;
