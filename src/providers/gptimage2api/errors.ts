import { z } from 'zod';
import { classifier, saidIn, saysNoFunds, type VendorErrors } from '../classify.ts';
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

/** A body without `error` is some gateway's. */
export const errors: VendorErrors = {
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
};

export const classify = classifier(errors);
