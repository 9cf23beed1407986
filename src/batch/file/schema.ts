import { z } from 'zod';
import { isReservedName } from '../names.ts';

/** The error text of a value: `it takes text, a number or a list of those`. */
const accepts = (what: string): { error: string } => ({ error: `it takes ${what}` });

const namePattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const nameRule = 'a-z, 0-9 and - (not at the ends), at most 63 characters';
const accountModel = /^[^\s:{}]+:[^\s{}]+$/;

const notReserved = (name: string): boolean => !isReservedName(name);
const reserved = accepts('a name that is no device of Windows, since a folder gets it');

const batchName = z
  .string(accepts(`text of ${nameRule}`))
  .regex(namePattern, accepts(nameRule))
  .refine(notReserved, reserved)
  .describe('The identity of the batch and the name of its folder of results.');
export const stepName = z
  .string()
  .regex(namePattern, accepts(nameRule))
  .refine(notReserved, reserved);

const text = z.string(accepts('text'));
const data = z.json();
const scalar = z.union([z.string(), z.number()], accepts('text or a number'));
const list = <T extends z.ZodType>(item: T, what: string): z.ZodArray<T> =>
  z.array(item, accepts(what)).min(1, accepts('a list with at least one value'));
const oneOrList = <T extends z.ZodType>(item: T, what: string) =>
  z.union([item, list(item, what)], accepts(what));

const reference = z.union(
  [
    z.string(),
    z.strictObject({
      file: text.describe('A file, a link, a pattern, or "{{ source }}".'),
      role: text.optional().describe('What the model uses it for, such as first_frame.'),
    }),
  ],
  accepts('text, or { file, role }'),
);

const whole = (minimum: number, maximum?: number) => {
  const rule = `a whole number from ${minimum}${maximum === undefined ? ' up' : ` to ${maximum}`}`;
  const number = z.int(accepts(rule)).min(minimum, accepts(rule));
  return maximum === undefined ? number : number.max(maximum, accepts(rule));
};
const templateOr = (number: z.ZodType, what: string) =>
  z.union([z.string().regex(/\{\{|\{%/, accepts(what)), number], accepts(what));

const textOrNumberList = 'text, a number, or a list of those';
const settings = {
  references: z
    .union([reference, z.array(reference)], accepts('a file, link or pattern, or a list of those'))
    .describe('Files, patterns and links that go with the prompt; never an axis.'),
  aspectRatio: oneOrList(scalar, textOrNumberList).describe('Such as "4:5". A list is an axis.'),
  resolution: oneOrList(scalar, textOrNumberList).describe('Such as 2K. A list is an axis.'),
  duration: oneOrList(scalar, 'a number, a template, or a list of those').describe(
    'Seconds of video. A list is an axis.',
  ),
  outputs: templateOr(whole(1), 'a whole number from 1, or a template').describe(
    'Files from one job. Default 1.',
  ),
  seed: oneOrList(scalar, 'a number, a template, or a list of those').describe(
    'A list is an axis.',
  ),
  options: z
    .union(
      [z.record(z.string(), data), z.string().regex(/\{\{|\{%/)],
      accepts('a record, or one template that gives a record'),
    )
    .describe("Everything else, in the vendor's spelling, flat."),
};
const settingsOf = (asModel: boolean) => ({
  references: (asModel ? settings.references.nullable() : settings.references).optional(),
  aspectRatio: (asModel ? scalar.nullable() : settings.aspectRatio).optional(),
  resolution: (asModel ? scalar.nullable() : settings.resolution).optional(),
  duration: (asModel ? scalar.nullable() : settings.duration).optional(),
  outputs: (asModel ? settings.outputs.nullable() : settings.outputs).optional(),
  seed: (asModel ? scalar.nullable() : settings.seed).optional(),
  options: (asModel ? settings.options.nullable() : settings.options).optional(),
});

const trainKeys = ['account', 'id', 'images', 'name', 'gender', 'age', 'ethnicity', 'eyeColor'];
const train = z
  .strictObject({
    account: text.describe('The account that trains.'),
    id: text.optional().describe('A model that was trained before.'),
    images: oneOrList(text, 'a pattern, a file, or a list of them').optional(),
    name: scalar.optional(),
    gender: scalar.optional(),
    age: scalar.optional(),
    ethnicity: scalar.optional(),
    eyeColor: scalar.optional(),
  })
  .describe('A model to train from images, or one that was trained before.');

const modelSchema = z
  .strictObject({
    use: text
      .regex(accountModel, accepts('account:model, without templates'))
      .optional()
      .describe('account:model'),
    unchecked: z
      .boolean(accepts('true or false'))
      .optional()
      .describe('Let a model through that the catalogue does not know.'),
    train: train.optional(),
    ...settingsOf(true),
  })
  .describe("Exactly one of use and train, and settings that win over the step's.");

const conditions = z
  .array(
    z.record(z.string(), data, accepts('a record of names and values')),
    accepts('a list of records'),
  )
  .optional();

const stepSchema = z.strictObject({
  rows: z
    .union(
      [z.string(), list(z.record(z.string(), data), 'a list of records')],
      accepts('a data file, a pattern of files, or a list of records'),
    )
    .optional()
    .describe('One cell per row: .csv .tsv .jsonl .txt, a pattern of files, or a list of records.'),
  from: oneOrList(text, 'an earlier step, or a list of them')
    .optional()
    .describe('One cell per output of an earlier step, as {{ source }}.'),
  pick: z
    .enum(['all', 'approved'], accepts('all or approved'))
    .optional()
    .describe('With from: all outputs (default), or only those that a person approved.'),
  matrix: z
    .record(
      z.string(),
      z.union(
        [z.string(), list(data, 'a list, or a data file')],
        accepts('a list, or a data file'),
      ),
      accepts('a record of axes'),
    )
    .optional()
    .describe('Every combination of these axes.'),
  where: conditions.describe('Keep the cells that match one of these.'),
  exclude: conditions.describe('Then drop the cells that match one of these.'),
  takes: templateOr(whole(1, 100), 'a whole number from 1 to 100, or a template')
    .optional()
    .describe('Independent shots of each cell. Default 1.'),
  model: oneOrList(text, 'a name of models:, account:model, a template, or a list').describe(
    'A name of models:, or account:model. A list is an axis.',
  ),
  prompt: oneOrList(text, 'text, or a list of texts').optional().describe('A list is an axis.'),
  ...settingsOf(false),
  name: text.optional().describe("The file's name."),
});

const policySchema = z.strictObject({
  retries: whole(0)
    .optional()
    .describe('Further tries after a failure that cost nothing. Default 2.'),
  paidRetries: whole(0)
    .optional()
    .describe('Further tries after a failure that cost money, or may have. Default 0.'),
  maxFailures: z
    .union(
      [whole(0), z.string().regex(/^(none|\d{1,3}(\.\d+)?%)$/)],
      accepts('a number, a percentage such as 10%, or none'),
    )
    .optional()
    .describe('Stop submitting beyond this many failed shots. Default 10%.'),
  onAmbiguous: z
    .enum(['park', 'resubmit'], accepts('park or resubmit'))
    .optional()
    .describe(
      'Sent, and no answer: wait for a person (default), or send again and maybe pay twice.',
    ),
});

/** The whole file, strictly. Keys that begin with x- are removed before. */
export const batchSchema = z.strictObject({
  batch: batchName,
  budget: z
    .record(
      z.string(),
      z.string(accepts('an amount with its unit, such as "900 credits"')),
      accepts('a record of accounts'),
    )
    .optional()
    .describe('Hard caps by account, such as acme: 900 credits.'),
  vars: z
    .record(z.string(), data, accepts('a record of names and values'))
    .optional()
    .describe('Constants for templates; data, never rendered.'),
  models: z
    .record(z.string(), modelSchema, accepts('a record of names and models'))
    .optional()
    .describe('Short names for models, each with its own settings.'),
  policy: policySchema.optional().describe('What to do when shots fail.'),
  steps: z
    .record(z.string(), stepSchema, accepts('a record of names and steps'))
    .refine((steps) => Object.keys(steps).length > 0, accepts('at least one step'))
    .describe('The steps in order; each is a folder of the results.'),
});
export type BatchInput = z.infer<typeof batchSchema>;
export type StepInput = z.infer<typeof stepSchema>;

/** Known keys at a path, for "did you mean". */
export function knownKeys(path: readonly (string | number)[]): readonly string[] {
  const [top, , third] = path;
  if (path.length === 0) return Object.keys(batchSchema.shape);
  if (path.at(-1) === 'references' || path.at(-2) === 'references') return ['file', 'role'];
  if (top === 'policy') return Object.keys(policySchema.shape);
  if (top === 'steps') return Object.keys(stepSchema.shape);
  if (top === 'models') return third === 'train' ? trainKeys : Object.keys(modelSchema.shape);
  return [];
}
