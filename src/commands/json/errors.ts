import { z } from 'zod';
import { batchName, count, list } from './values.ts';

export const errorSchema = z.strictObject({
  error: z.string().describe('what is wrong, in one line or more'),
  next: list(z.string()).describe('commands and advice, one each; not every entry is a command'),
});

export const mistakesSchema = z.strictObject({
  errors: list(
    z.strictObject({
      file: z.string().describe('the batch file, a data file that it reads, or the settings'),
      line: z.int().positive().describe('counted from 1'),
      column: z.int().positive().describe('counted from 1'),
      path: list(z.union([z.string(), z.int()])).describe(
        'keys and positions that lead to the value, such as `["steps", "draw", "model"]`',
      ),
      message: z.string().describe('what is wrong'),
      hint: z.string().optional().describe('what may be written there'),
      allowed: list(z.string()).optional().describe('every value or key that is allowed there'),
      didYouMean: z.string().optional().describe('the allowed value or key that is nearest'),
    }),
  ).describe('every mistake of the files; never empty'),
});
export type MistakesDocument = z.infer<typeof mistakesSchema>;

export const validateSchema = z.strictObject({
  errors: z
    .array(z.never())
    .length(0)
    .meta({ title: 'empty list' })
    .describe('always empty: no file has a mistake'),
  batches: list(
    z.strictObject({
      file: z.string().describe('the batch file as it was given'),
      batch: batchName,
      steps: count.describe('number of its steps'),
      notes: list(
        z.strictObject({
          line: z.int().positive().describe('counted from 1'),
          message: z.string().describe('a likely slip, or a fact to know before a run'),
        }),
      ),
    }),
  ).describe('the files, in the order in which they were given'),
  settings: list(z.string())
    .optional()
    .describe('files with settings, which are no batches; absent if none'),
});
export type ValidateDocument = z.infer<typeof validateSchema>;
