import { z } from 'zod';
import { accountName, list, unreadable } from './values.ts';

export const presetsSchema = z.strictObject({
  account: accountName,
  presets: list(
    z.strictObject({
      id: z.string().describe('the value that an option of a model takes'),
      name: z.string().describe('the id where the vendor gives no name'),
    }),
  ),
  unreadable,
});
export type PresetsDocument = z.infer<typeof presetsSchema>;
