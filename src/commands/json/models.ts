import { z } from 'zod';
import { commonFields, type FileRules } from '../../batch/model-spec.ts';
import { accountName, anyJson, basis, count, decimal, list, media, time, unit } from './values.ts';

const price = z
  .strictObject({
    amount: decimal.nullable().describe('in `unit`; null where it is unknown'),
    unit,
    basis,
  })
  .meta({ id: 'price' });

/** `FieldSpec` as one object, which reads more easily in a table than a union. */
const fieldShape = {
  kind: z
    .enum(['choice', 'integer', 'number', 'boolean', 'text', 'list', 'json'])
    .describe('what it takes; `json`: anything'),
  values: list(z.union([z.string(), z.number()]))
    .optional()
    .describe('the allowed values; only of a `choice`'),
  min: z.number().optional().describe('only of an `integer` or a `number`'),
  max: z.number().optional().describe('of a number; of a `list`, how many entries'),
  maxLength: count.optional().describe('characters; only of a `text`'),
  format: z.literal('uuid').optional().describe('only of a `text`'),
  get of(): z.ZodOptional<typeof field> {
    return field.optional().describe('what an entry takes; only of a `list`');
  },
  default: anyJson.optional().describe('taken where the batch says nothing'),
  note: z.string().optional().describe('for people'),
};
const field = z.strictObject(fieldShape).meta({ id: 'field' });
const subjectField = z.strictObject({
  ...fieldShape,
  required: z.boolean().describe('whether a batch must give it'),
});

const fileRules = z.strictObject({
  types: list(z.string()).optional().describe('MIME types, such as `image/jpeg`'),
  bytesMax: count.optional().describe('largest size of one file, in bytes'),
}) satisfies z.ZodType<FileRules>;

const references = z.strictObject({
  min: count,
  max: count.describe('0: it takes none'),
  reads: list(media).describe('kinds of files'),
  takes: list(z.enum(['file', 'link', 'own'])).describe(
    '`file`: uploaded. `link`: a public URL. `own`: a file that the same account made',
  ),
  roles: list(z.string()).describe('the first is the default; empty: no roles'),
  readsByRole: z
    .record(z.string(), media)
    .optional()
    .describe('the kind of file by role, where it is not the first of `reads`'),
});

const fields = z.partialRecord(z.enum(commonFields), field);

const model = z.strictObject({
  id: z.string().describe("the vendor's id, as a batch writes it; `trained` for trained models"),
  operation: z.enum(['image', 'video', 'upscale', 'edit', 'text']),
  makes: media.describe('kind of its files'),
  trained: z.boolean().describe('whether it stands for every model that the account trained'),
  prompt: z.enum(['required', 'optional', 'none']),
  promptMaxLength: count.optional().describe('characters; absent: no documented limit'),
  fields: fields.describe('the common fields that it takes, by name; it refuses others'),
  references: references.describe('the references that it takes'),
  options: z
    .union([z.record(z.string(), field), z.literal('unchecked')])
    .describe("the vendor's own options, by name; `unchecked`: the vendor documents none"),
  insteadOf: z
    .record(z.string(), z.string())
    .describe("the vendor's names that are refused under `options`, and what to write"),
  notes: list(z.string()).describe('open questions in its documentation'),
  price: price.nullable().describe('of one request with default options'),
  priceByResolution: z.record(z.string(), price).describe('of one request, by resolution'),
});

export const modelsSchema = z.strictObject({
  accounts: list(
    z.strictObject({
      account: accountName,
      vendor: z.string().describe('id of the vendor'),
      unit,
      learnedAt: time
        .nullable()
        .describe('when the vendor listed its models; null: not asked, or it has no list'),
      training: z
        .strictObject({
          imagesMin: count,
          imagesMax: count,
          referencesMax: count
            .optional()
            .describe('different references of a trained model; absent: no documented limit'),
          subject: z
            .record(z.string(), subjectField)
            .describe('facts about the subject that a training takes, by name'),
          price: price.describe('of one training'),
        })
        .nullable()
        .describe('what a training takes; null where the vendor trains no models'),
      uploads: fileRules
        .nullable()
        .describe('files that it takes; null, or a rule absent: not documented'),
      models: list(model),
    }),
  ).describe('the accounts that were asked for'),
});
export type ModelsDocument = z.infer<typeof modelsSchema>;
