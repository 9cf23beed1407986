import { z } from 'zod';
import { retryAfterMs } from '../../../http/retry-after.ts';
import {
  classifier,
  saidIn,
  saysNoFunds,
  type VendorErrors,
  type VendorProblem,
} from '../../classify.ts';

const body = z.looseObject({
  error: z.looseObject({
    code: z.string().nullish().catch(null),
    message: z.string().nullish().catch(null),
    /** Seconds. */
    retry_after: z.union([z.number(), z.string()]).nullish().catch(null),
  }),
});

/** The codes of 403, 404 and 500 are not documented; their status is enough. */
const accounts: Readonly<Record<string, VendorProblem['account']>> = {
  unauthorized: 'badKey',
  insufficient_credits: 'noFunds',
  rate_limit_exceeded: 'limited',
};

export const errors: VendorErrors = {
  title: 'ProductAI',
  read(raw, nowMs) {
    const error = body.safeParse(raw).data?.error;
    if (!error) return undefined;
    const account =
      accounts[error.code ?? ''] ??
      (saysNoFunds(error.message, error.code) ? 'noFunds' : undefined);
    const wait = retryAfterMs(String(error.retry_after ?? ''), nowMs);
    return {
      text: saidIn(error.message) || saidIn(error.code),
      ...(account && { account }),
      ...(wait !== null && { retryAfterMs: wait }),
    };
  },
  isOwn: (raw) => Boolean(body.safeParse(raw).data?.error.code),
};

export const classify = classifier(errors);
