import { z } from 'zod';
import type { ModelChoice, Reference, ShotRequest } from '../../batch/request.ts';
import {
  accountName,
  anyJson,
  basis,
  batchName,
  count,
  decimal,
  list,
  media,
  shotKey,
  unit,
} from './values.ts';

const sha256 = z.string().describe("sha-256 of the file's bytes, in hexadecimal");
const stepName = z.string().describe('name of the step');
const fingerprint = z.string().describe("sha-256 over everything that decides the shot's result");
const upTo = z.boolean().describe('whether there may be fewer: some sources are not made yet');
const status = z
  .enum(['new', 'cached', 'inFlight', 'retry'])
  .describe(
    '`new`: to be paid. `cached`: nothing to pay. `inFlight`: its job runs or is undecided. `retry`: failed or lost before',
  );

const shotSchema = z.strictObject({
  key: shotKey,
  step: stepName,
  model: z.string().describe('the model as the file writes it'),
  fingerprint,
  status,
  why: z.string().describe('reason for the status'),
  price: decimal.nullable().describe("in the unit of the shot's account; null where it is unknown"),
});
export type ShotDocument = z.infer<typeof shotSchema>;

export const planSchema = z.strictObject({
  batch: batchName,
  plan: z.string().describe('id of the plan: `run --plan ID` runs only while the plan is the same'),
  shots: z
    .strictObject({
      total: count.describe('sum of `new`, `cached`, `inFlight` and `retry`'),
      new: count.describe('to be paid'),
      cached: count.describe('paid for already, or equal to another shot of this plan'),
      inFlight: count.describe('their jobs run or are undecided'),
      retry: count.describe('failed before, or the vendor lost a file'),
      upTo,
    })
    .describe('counts over all steps'),
  cost: list(
    z.strictObject({
      account: accountName,
      unit,
      amount: decimal.nullable().describe('in `unit`; null where any price is unknown'),
      basis: basis.describe('the least certain basis among the prices'),
      cap: decimal.nullable().describe("the file's `budget` for the account; null: no cap"),
      used: decimal.describe('part of the cap that earlier runs of the batch used'),
      standing: z
        .strictObject({
          amount: decimal,
          period: z.enum(['day', 'month', 'ever']),
          used: decimal.describe('by all batches in this period'),
        })
        .nullable()
        .describe('the standing budget of the account; null without one'),
    }),
  ).describe('what the run would pay, by account, trainings included'),
  billed: list(
    z.strictObject({
      account: accountName,
      model: z.string().describe("the vendor's id of the model"),
      unit,
      amount: decimal.describe('the highest bill for one request, in `unit`'),
    }),
  ).describe('models that were billed above their price; the plan counts the bill'),
  paidElsewhere: list(
    z.strictObject({
      from: z
        .string()
        .describe('account that was paid; with its address where both names are equal'),
      to: z.string().describe('account that would be paid; written as `from` is'),
      shots: count.describe('how many'),
    }),
  ).describe(
    'shots paid for at an account that the file no longer names, and planned to be paid again',
  ),
  steps: list(
    z.strictObject({
      step: stepName,
      shots: count.describe('shots of the step, of any status'),
      upTo,
    }),
  ).describe('the steps, in the order of the file'),
  trainings: count.describe('models to train first'),
  notes: list(z.string()).describe('notes for a person to read before the run'),
  seconds: count.describe('rough duration of the run in seconds, trainings included'),
  entries: list(shotSchema).optional().describe('every shot in order; only with `--shots`'),
});
export type PlanDocument = z.infer<typeof planSchema>;

const choice = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.enum(['public', 'existing']),
    id: z.string().describe("the vendor's id of the model"),
  }),
  z.strictObject({
    kind: z.literal('training'),
    set: z
      .strictObject({
        fingerprint: z.string().describe('sha-256 over the images and the subject'),
        name: z.string().describe('name of the model at the vendor'),
        subject: z
          .record(z.string(), anyJson)
          .describe('facts about the subject, such as `age`, by name'),
        images: list(
          z.strictObject({ sha256, path: z.string().describe('path in the batch folder') }),
        ),
      })
      .describe('what the model is trained from'),
  }),
]) satisfies z.ZodType<ModelChoice>;

const role = z.string().optional().describe('what the reference is for, such as `style`');
const reference = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('file'),
    role,
    sha256,
    path: z.string().describe('path in the batch folder'),
  }),
  z.strictObject({
    kind: z.literal('link'),
    role,
    url: z.string().describe('a public link, sent unchanged or downloaded first'),
  }),
  z.strictObject({
    kind: z.literal('output'),
    role,
    sha256,
    submission: z
      .string()
      .describe('the submission that made the file; begins with `expected:` before it is made'),
    index: count.describe('position among the files of that submission, from 0'),
  }),
]) satisfies z.ZodType<Reference>;

const request = z.strictObject({
  account: accountName,
  model: z.string().describe("the vendor's id of the model; `trained` for trained models"),
  choice: choice.describe('a public model, one that the batch trains, or an existing trained one'),
  prompt: z.string().optional(),
  aspectRatio: z.string().optional(),
  resolution: z.string().optional(),
  duration: z.number().optional().describe('seconds'),
  outputs: count.optional().describe('how many files are ordered; absent: 1'),
  seed: z.int().optional(),
  options: z.record(z.string(), anyJson).describe("the vendor's own options, by name"),
  references: list(reference).describe('files and links that the model reads'),
}) satisfies z.ZodType<ShotRequest>;

export const shownShotSchema = z.strictObject({
  key: shotKey,
  step: stepName,
  name: z.string().describe('file name without step and extension'),
  folded: z.string().describe('`name` in lower case: unique in the step'),
  ordinal: count.describe('position in the step, from 0'),
  take: z.int().positive().describe('repeat number, from 1'),
  account: z.string().describe("the ledger's key of the account: its name, `@` and its address"),
  fingerprint,
  request: request.describe('the request in full, without keys of accounts'),
  price: z.strictObject({
    amount: decimal.nullable().describe('in `unit`; null where it is unknown'),
    unit,
    basis,
  }),
  makes: media.describe('kind of its files'),
  writtenModel: z.string().describe('the model as the file writes it'),
  variables: z
    .record(z.string(), anyJson)
    .describe('columns of its row and values of its axes, by name'),
  origin: z.string().describe('place of its row, such as `looks.csv:3`'),
  status,
  why: z.string().describe('reason for the status'),
});
export type ShownShotDocument = z.infer<typeof shownShotSchema>;
