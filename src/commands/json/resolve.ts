import { z } from 'zod';
import {
  batchName,
  count,
  decimal,
  list,
  next,
  requestKey,
  submissionId,
  time,
  unit,
} from './values.ts';

export const resolveSchema = z.strictObject({
  batch: batchName,
  resolved: list(
    z.strictObject({
      key: requestKey,
      submission: submissionId,
      decision: z
        .enum(['job', 'again', 'skip', 'late'])
        .describe('`late`: the job of a request that was sent again or skipped before'),
      jobId: z.string().nullable().describe('id of the job at the vendor; null without one'),
    }),
  ).describe('the requests that were decided'),
  left: count.describe('how many requests still wait for a decision'),
  running: z.boolean().describe('whether workers run all changed batches now and got the message'),
  next,
});
export type ResolveDocument = z.infer<typeof resolveSchema>;

export const lookSchema = z.strictObject({
  batch: batchName,
  page: z
    .string()
    .nullable()
    .describe('path of a page with the files of these jobs; null where no job is listed'),
  requests: list(
    z.strictObject({
      key: requestKey,
      submission: submissionId,
      sent: time.nullable().describe('when it was sent; null for a request of a gap'),
      maybeSent: z
        .strictObject({
          from: time.nullable().describe('its begin'),
          to: time.nullable().describe('its end'),
        })
        .nullable()
        .describe('the gap of the ledger in which it may have been sent'),
      prompt: z.string().nullable().describe('null without a prompt'),
      why: z.string().nullable().describe('why it is parked'),
      stake: decimal
        .nullable()
        .describe('what it may have cost, in `unit`; null where its price is unknown'),
      unit,
      jobs: list(
        z.strictObject({
          id: z.string().describe('id of the job at the vendor'),
          created: time.nullable().describe('when the vendor says that it began'),
          ended: z.boolean().describe('whether the job has ended'),
          fits: z
            .boolean()
            .describe('whether what the vendor shows of the job is the same as in the request'),
          prompt: z.string().nullable().describe('null where the vendor does not show it'),
          files: list(z.string()).describe('paths of its files, fetched to look at'),
          failure: z.string().nullable().describe('why no file can be shown'),
        }),
      ).describe('jobs that may be this request'),
    }),
  ).describe('the requests that wait for a decision'),
});
export type LookDocument = z.infer<typeof lookSchema>;
