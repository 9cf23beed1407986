import { z } from 'zod';
import { accountName, batchName, count, decimal, list, time, unit } from './values.ts';

const facts = {
  ledger: z.string().describe('id of the ledger'),
  madeAt: time.describe('when the backup was made; it has every request until then'),
  batches: list(
    z.strictObject({
      batch: batchName,
      state: z.enum(['running', 'paused', 'cancelled', 'finished']),
    }),
  ).describe('the batches, and how each stood'),
  requests: count.describe('paid requests, trainings included'),
  money: list(
    z.strictObject({
      account: accountName,
      unit,
      spent: decimal.describe('in `unit`'),
      reserved: decimal.describe('in `unit`'),
    }),
  ).describe('sums over all batches, by account'),
};

export const backupSchema = z.strictObject({
  file: z.string().describe('path of the backup'),
  ...facts,
  settings: z.boolean().describe('whether it holds `shotlist.yaml`'),
});
export type BackupDocument = z.infer<typeof backupSchema>;

const gapTimes = {
  from: time.describe('begin of the gap'),
  to: time.describe('end of the gap'),
  why: z.string().describe('how it came about'),
};

export const restoreSchema = z.strictObject({
  ...facts,
  settings: z
    .strictObject({
      state: z
        .enum(['none', 'written', 'same', 'differs'])
        .describe('`none`: not in the backup. `written`: there was none here'),
      differences: list(z.string()).describe(
        'lines of the backup alone (`- `) and of the present file alone (`+ `); the first 20',
      ),
    })
    .describe('the result for `shotlist.yaml`; a file that is there stays'),
  aside: z
    .string()
    .optional()
    .describe('path of the ledger that was replaced; absent where there was none'),
  gaps: list(z.strictObject(gapTimes)).describe('open gaps of the restored ledger'),
});
export type RestoreDocument = z.infer<typeof restoreSchema>;

export const gapsSchema = z.strictObject({
  gaps: list(
    z.strictObject({
      gap: z.int().positive().describe('number of the gap, as `--close` takes it'),
      ...gapTimes,
      found: time.nullable().describe('when it was found'),
      closed: time.nullable().describe('when a person closed it; null: not closed'),
      open: z.boolean().describe('whether requests of that time are still looked for'),
      clear: list(z.string()).describe('accounts whose list shows no unknown job of that time'),
    }),
  ).describe('the gaps of the ledger, oldest first, with those that are closed'),
});
export type GapsDocument = z.infer<typeof gapsSchema>;
