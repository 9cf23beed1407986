import { z } from 'zod';
import type { Json } from '../../json.ts';
import { units } from '../../money.ts';

/** Values that many documents share. A `title` is the name of the type in docs/reference/json.md. */

/** An amount of money, in the unit that stands beside it or is named by its description. */
export const decimal = z
  .string()
  .regex(/^-?\d+(\.\d{1,6})?$/)
  .meta({ title: 'decimal' });

export const time = z.iso.datetime().meta({ title: 'time' });
export const count = z.int().nonnegative();
export const unit = z.enum(units).describe('unit of the amounts beside it');
export const anyJson = z.unknown().meta({ title: 'any JSON' }) as z.ZodType<Json>;

export const accountName = z.string().describe('name of the account, as batches write it');
export const batchName = z.string().describe('name of the batch');
export const shotKey = z.string().describe('key of the shot, such as `portraits/linen-Oslo`');
export const requestKey = z
  .string()
  .describe('key of the shot; for a training, `train/` and its name');
export const submissionId = z.string().describe('id of the submission in the ledger');
export const next = list(z.string()).describe('commands that help, ready for a shell');

export const basis = z
  .enum(['exact', 'quoted', 'billed', 'assumed', 'unknown'])
  .describe('where the price comes from; `unknown` where there is none');

export const media = z.enum(['image', 'video', 'vector', 'audio', 'text']);
export const unreadable = count.describe('entries of the list that could not be read');

export function list<Item extends z.ZodType>(item: Item): z.ZodReadonly<z.ZodArray<Item>> {
  return z.array(item).readonly();
}
