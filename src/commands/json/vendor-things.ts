import { z } from 'zod';
import type { KnownThing } from '../../ledger/port.ts';
import { accountName, list, time, unreadable } from './values.ts';

const known = z.strictObject({
  kind: z
    .enum(['reference', 'image', 'model'])
    .describe('`reference`: for shots. `image`: to train from. `model`: trained'),
  name: z
    .string()
    .nullable()
    .describe('path or name in a batch, or the shot that made it; null: in no batch now'),
  hash: z.string().describe("the file's sha-256, or the training's fingerprint"),
}) satisfies z.ZodType<KnownThing>;

const thing = z.strictObject({
  id: z.string().describe("the vendor's id, as `--delete` takes it"),
  name: z.string().nullable().describe('null where the vendor does not show it'),
  createdAt: time.nullable().describe('null where the vendor does not show it'),
  state: z.string().nullable().describe('its state or kind as the vendor names it'),
  known: known.nullable().describe('what this project knows of it; null: nothing'),
});

export type ThingEntry = z.infer<typeof thing>;

export const uploadsSchema = z.strictObject({
  account: accountName,
  uploads: list(thing).describe('the files that the account holds'),
  unreadable,
});

export const trainedSchema = z.strictObject({
  account: accountName,
  trained: list(thing).describe('the models that the account has trained'),
  unreadable,
});

export const deletedSchema = z.strictObject({
  account: accountName,
  deleted: list(z.string()).describe("the vendor's ids of what was deleted"),
});
export type DeletedDocument = z.infer<typeof deletedSchema>;
