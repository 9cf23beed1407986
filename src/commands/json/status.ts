import { z } from 'zod';
import type { OutProblem } from '../../report/place-files.ts';
import {
  accountName,
  batchName,
  count,
  decimal,
  list,
  next,
  shotKey,
  time,
  unit,
} from './values.ts';

/** A file of a shot, and what is wrong with it. */
const fileNote = {
  key: shotKey,
  output: count.describe('position among the files of the shot, from 0'),
  why: z.string().describe('what is wrong'),
};

const unwritten = z.strictObject({
  place: z.string().describe("path in the batch's folder"),
  why: z.string().describe('why it was not written'),
  next: z.string().describe('one command or advice'),
}) satisfies z.ZodType<OutProblem>;

export const statusSchema = z.strictObject({
  batch: batchName,
  state: z
    .enum(['running', 'waiting', 'paused', 'cancelled', 'finished'])
    .describe('`waiting`: nothing happens until a person acts'),
  live: z
    .boolean()
    .nullable()
    .optional()
    .describe(
      'whether any process works on the batches of the project; null: none here, but the Temporal server may have a worker elsewhere; only by `status`',
    ),
  shots: z
    .strictObject({
      total: count.describe('sum of the six counts below'),
      succeeded: count.describe('made in the last run'),
      cached: count.describe('paid for by another run, batch or shot'),
      failed: count.describe('failed, skipped, or blocked by what they need'),
      parked: count.describe('a person must decide: `shotlist resolve`'),
      running: count.describe('sent, and not ended'),
      waiting: count.describe('not sent yet'),
    })
    .describe('counts over all steps'),
  unmade: list(
    z.strictObject({
      step: z.string().describe('name of the step'),
      files: count.describe('files of earlier steps that wait for it'),
    }),
  )
    .optional()
    .describe(
      'steps of a paused or cancelled batch whose shots are not all planned; absent if none',
    ),
  partial: count.describe('shots among them with fewer files than were ordered'),
  outputs: count.describe('files that are saved'),
  spent: list(
    z.strictObject({
      account: accountName,
      unit,
      amount: decimal.describe('in `unit`'),
      promised: decimal
        .optional()
        .describe('part of `amount` that the vendor promised to give back; absent if none'),
    }),
  ).describe('what the batch paid, refunds taken off, by account'),
  waits: list(
    z.strictObject({
      kind: z
        .enum(['answer', 'job', 'training', 'file', 'refund'])
        .describe('`answer`: a request without a usable answer. `file`: made, and not fetched yet'),
      account: accountName,
      count: count.describe('how many'),
      since: time.nullable().describe('when the first one began'),
      until: time
        .nullable()
        .describe('when the wait ends at the latest; for `file`, when it is tried next'),
      why: z.string().nullable().describe('the reason that one of them reported'),
    }),
  ).describe('what the batch waits for without a person, by account'),
  stops: list(
    z.strictObject({
      kind: z
        .enum([
          'superseded',
          'paused',
          'cancelled',
          'block',
          'budget',
          'unknownPrice',
          'maxFailures',
          'otherKey',
        ])
        .describe(
          '`budget`: a cap is used up. `superseded`: a newer run took over. ' +
            '`otherKey`: the key shows none of the earlier work',
        ),
      account: accountName.nullable().describe('null where it is about no account'),
      text: z.string().describe('for people'),
    }),
  ).describe('reasons why waiting shots are not sent'),
  blocks: list(
    z.strictObject({
      account: accountName,
      model: z
        .string()
        .nullable()
        .describe("the vendor's id of the model; null: the whole account"),
      reason: z
        .enum(['noFunds', 'badKey', 'forbidden', 'limited', 'unreachable', 'circuitOpen'])
        .describe('`circuitOpen`: too many answers in a row were lost'),
      until: time.nullable().describe('when it ends by itself; null: a person must end it'),
      text: z.string().describe('for people'),
    }),
  ).describe('blocks of the accounts'),
  problems: list(
    z.strictObject({
      state: z.enum(['failed', 'parked', 'partial']).describe('`partial`: files are missing'),
      why: z.string().describe('the reason'),
      count: count.describe('shots with this reason'),
      keys: list(shotKey).describe('the first three of them'),
    }),
  ).describe('shots without all their files, by reason, the most frequent first'),
  raisedPrices: list(
    z.strictObject({
      account: accountName,
      model: z.string().describe("the vendor's id of the model"),
      unit,
      planned: decimal.describe('price of one request in the plan, in `unit`'),
      billed: decimal.describe('highest bill for one request, in `unit`'),
    }),
  )
    .optional()
    .describe('models that were billed above their planned price; absent if none'),
  damaged: list(z.strictObject(fileNote))
    .optional()
    .describe('files that are here and not whole; absent if none'),
  unfetched: list(
    z.strictObject({
      ...fileNote,
      tries: count.describe('how often it was tried'),
      next: time.nullable().describe('when it is tried next; null: not planned'),
    }),
  )
    .optional()
    .describe('files that could not be fetched so far; absent if none'),
  directory: z.string().describe("path of the batch's folder of files"),
  contactSheet: z.string().describe('path of the contact sheet'),
  next,
  unwritten: list(unwritten)
    .optional()
    .describe('files that could not be written; only by `run` and `watch`, absent if none'),
});
export type StatusDocument = z.infer<typeof statusSchema>;
