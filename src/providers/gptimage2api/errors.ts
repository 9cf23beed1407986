import { z } from 'zod';
import { classifier, isUnknownId, saidIn, saysNoFunds, type VendorErrors } from '../classify.ts';
import { numeric } from '../fields.ts';

const body = z.looseObject({
  error: z.unknown().optional(),
  required: numeric.nullish().catch(null),
  details: z
    .looseObject({
      formErrors: z.array(z.unknown()).catch([]),
      fieldErrors: z.record(z.string(), z.array(z.unknown())).catch({}),
    })
    .nullish()
    .catch(null),
});

/** Frameworks and gateways write `error` too, with one of these fields. The vendor never writes them. */
const foreign = ['status', 'statusCode', 'path', 'timestamp'];

const errors: VendorErrors = {
  title: 'GPTImage2API',
  read: (raw) => {
    if (!('error' in raw)) return undefined;
    const { error, required, details } = body.parse(raw);
    const fields = Object.entries(details?.fieldErrors ?? {}).map(
      ([field, messages]) => `${field}: ${saidIn(...messages)}`,
    );
    const needed = required === null || required === undefined ? undefined : `needs ${required}`;
    return {
      text: saidIn(error, ...(details?.formErrors ?? []), ...fields, needed),
      ...(saysNoFunds(error) && { account: 'noFunds' }),
    };
  },
  isOwn: (raw) => typeof raw['error'] === 'string' && !foreign.some((name) => name in raw),
};

export const classify = classifier(errors);

/** Whether the vendor answers, in its documented words, that the task does not exist. */
export function isUnknownTask(error: unknown): boolean {
  return isUnknownId(error, errors) && /\btask not found\b/i.test(error.body);
}
