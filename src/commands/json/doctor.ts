import { z } from 'zod';
import { list } from './values.ts';

export const doctorSchema = z.strictObject({
  findings: list(
    z.strictObject({
      what: z.string().describe('what was looked at, such as `ledger` or `account acme`'),
      state: z
        .enum(['good', 'missing', 'bad'])
        .describe('`missing`: not there, which may be no problem. `bad`: exit code 1'),
      detail: z.string().describe('for people'),
    }),
  ).describe('what was found, one entry for each thing'),
});
export type DoctorDocument = z.infer<typeof doctorSchema>;
