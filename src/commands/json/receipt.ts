import { z } from 'zod';
import type { Receipt } from '../../report/receipt.ts';
import { accountName, batchName, count, decimal, list, requestKey, time, unit } from './values.ts';

const output = count.describe('position among the files of the submission, from 0');
const fileReason = z.strictObject({ output, why: z.string().describe('what is wrong') });

const account = z.strictObject({
  account: accountName,
  unit: unit.describe('the unit of every amount at this account, also below'),
  planned: decimal.describe('the accepted plan'),
  reserved: decimal.describe('for requests that have not ended'),
  spent: decimal.describe('paid, refunds taken off'),
  refunded: decimal.describe('given back'),
  promised: decimal.describe('part of `spent` that the vendor promised to give back'),
  lost: decimal.describe('part of `spent` for jobs whose files the vendor lost'),
  ambiguous: decimal.describe('at stake in requests without a usable answer'),
  unproven: decimal.describe(
    'part of `spent` for requests sent again or skipped without an answer; perhaps not charged',
  ),
});

const submission = z.strictObject({
  key: requestKey,
  attempt: z.int().positive().describe('counted from 1'),
  state: z
    .enum([
      'claimed',
      'submitted',
      'succeeded',
      'failed',
      'rejected',
      'ambiguous',
      'parked',
      'stalled',
      'lost',
    ])
    .describe('see [the states](../ledger.md#states-of-a-submission)'),
  jobId: z
    .string()
    .nullable()
    .describe('id of the job at the vendor; null for a training, or while it is not known'),
  price: decimal.nullable().describe('the bill, or the planned price without one'),
  account: accountName,
  operation: z.enum(['generate', 'train']).describe('a shot, or a training'),
  claimed: time.nullable().describe('when the money was reserved'),
  answered: time.nullable().describe("when the answer with the job's id was recorded"),
  ended: time.nullable().describe('when nothing more could come of it; null: not yet'),
  planned: decimal.nullable().describe('the planned price; null where it was unknown'),
  reserved: decimal.describe('while its cost is not certain'),
  spent: decimal.describe('what it cost, refunds taken off'),
  billed: decimal.nullable().describe("the cost in the job's own answer"),
  listed: decimal.nullable().describe("the cost in the vendor's list of jobs"),
  why: z.string().nullable().describe('reason for the state'),
  files: z
    .strictObject({
      saved: count.describe('on disk'),
      open: count.describe('made, and not fetched yet'),
      undelivered: count.describe('ordered, and not made'),
    })
    .describe('counts of its files'),
  unfetched: list(fileReason)
    .optional()
    .describe('files that could not be fetched so far; absent if none'),
  damaged: list(fileReason)
    .optional()
    .describe('files that are here and not whole; absent if none'),
  lost: list(
    z.strictObject({ output, why: z.string().nullable().describe('what is wrong') }),
  ).describe('paid files that the vendor lost'),
  refund: z
    .enum(['owed', 'back', 'kept'])
    .optional()
    .describe('a promised refund: not here yet, given back, or not given'),
  refusals: z
    .int()
    .min(2)
    .optional()
    .describe('how many refused requests in a row this entry stands for; absent: 1'),
  resolution: z
    .enum(['job', 'again', 'skip', 'resubmit'])
    .optional()
    .describe('the decision on a lost answer or a stalled job; `resubmit`: by `onAmbiguous`'),
  duplicate: z
    .literal(true)
    .optional()
    .describe('its job id came after the submission was settled otherwise'),
  overBilled: decimal.optional().describe('how much the bill is above the price'),
});

export const receiptSchema = z.strictObject({
  batch: batchName,
  accounts: list(account).describe('sums, by account'),
  submissions: list(submission).describe('every request that was paid or may have been'),
  checks: list(
    z.strictObject({
      account: accountName,
      kind: z
        .enum(['bills', 'list', 'balance'])
        .describe("the jobs' own answers, the vendor's list of jobs, or the balance"),
      agrees: z.boolean().describe('whether both numbers are the same'),
      text: z.string().describe('both numbers, in words'),
    }),
  ).describe("the vendor's own numbers, compared with the ledger"),
}) satisfies z.ZodType<Receipt>;
