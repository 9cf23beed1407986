import { z } from 'zod';
import {
  classifier,
  saidIn,
  saysNoFunds,
  type VendorErrors,
  type VendorProblem,
} from '../../classify.ts';

const text = z.string().nullish().catch(null);
/** `{ name, message: "OUT_OF_TOKENS", details }` or `{ status: "ERROR", message, code }`: both occur. */
const body = z.union([
  z.looseObject({ name: z.string(), message: text, details: text }),
  z.looseObject({ status: z.string(), message: text, code: z.unknown().optional() }),
]);

const own = z.union([
  z.looseObject({ name: z.string().min(1), message: z.string() }),
  z.looseObject({ status: z.literal('ERROR'), code: z.string().min(1) }),
]);

const accounts: Readonly<Record<string, VendorProblem['account']>> = {
  INVALID_API_KEY: 'badKey',
  OUT_OF_TOKENS: 'noFunds',
  RATE_LIMIT_EXCEEDED: 'limited',
};

export const errors: VendorErrors = {
  title: 'ProductAI',
  read(raw) {
    const problem = body.safeParse(raw).data;
    if (!problem) return undefined;
    const { message, details, code } = problem as Record<string, unknown>;
    const account =
      [message, code].map((word) => accounts[String(word)]).find(Boolean) ??
      (saysNoFunds(message, details, code) ? 'noFunds' : undefined);
    return { text: saidIn(message, details, code), ...(account && { account }) };
  },
  isOwn: (raw) => own.safeParse(raw).success,
};

export const classify = classifier(errors);
