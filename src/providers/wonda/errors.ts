import { askedMostMs } from '../../http/retry-after.ts';
import {
  classifier,
  isOwnWord,
  isUnknownId,
  saidIn,
  saysNoFunds,
  type VendorErrors,
  type VendorProblem,
} from '../classify.ts';
import { timeOf } from '../fields.ts';

type Account = NonNullable<VendorProblem['account']>;

/** The account's problem by code, if the status does not show it reliably. */
const accountByCode: Readonly<Record<string, Account>> = {
  unauthorized: 'badKey',
  insufficient_credits: 'noFunds',
  payment_required: 'noFunds',
  forbidden: 'forbidden',
  feature_disabled: 'forbidden',
  paid_plan_required: 'forbidden',
  unknown_project: 'forbidden',
  rate_limit_exceeded: 'limited',
  throttled: 'limited',
};

const advice: Readonly<Record<string, string>> = {
  unknown_project: 'see project of this account in shotlist.yaml',
  paid_plan_required: 'the API needs a paid plan',
};

/** `{ error: { message, code } }`, and the `{ errors: { field: text } }` of an upload. */
const errors: VendorErrors = {
  title: 'Wonda',
  read(body, nowMs) {
    const { error, errors: perFile } = body;
    if (isRecord(perFile)) return { text: saidIn(...Object.values(perFile).map(textOf)) };
    if (typeof error === 'string')
      return { text: error, ...(saysNoFunds(error) && { account: 'noFunds' }) };
    if (!isRecord(error)) return undefined;
    const code = typeof error['code'] === 'string' ? error['code'] : '';
    const account = accountSaid(String(error['message']), code);
    const waitMs = waitOf(error['deferUntil'], nowMs);
    return {
      text: saidIn(error['message'], code, advice[code]),
      ...(account && { account }),
      ...(waitMs !== undefined && { retryAfterMs: waitMs }),
    };
  },
  isOwn: ({ error }) =>
    isRecord(error) && typeof error['code'] === 'string' && error['code'] !== '',
};

function accountSaid(message: string, code: string): Account | undefined {
  if (notEnabled.test(message) && ['', 'not_found', 'forbidden'].includes(code)) return 'forbidden';
  return accountByCode[code] ?? (saysNoFunds(message, code) ? 'noFunds' : undefined);
}

/** The vendor also answers 404 not_found if the account may not use the API at all. */
const notEnabled = /\b(not|isn't) enabled\b/i;

export const classify = classifier(errors);

/** Whether the vendor answers that a job, file or path does not exist. */
export function isMissing(error: unknown): boolean {
  return isUnknownId(error, errors) && classify(error).account.kind === 'fine';
}

/** Whether the vendor answers that the request itself is invalid, not the account or the path. */
export function isInvalid(error: unknown): boolean {
  return isOwnWord(error, errors, [400]) && classify(error).account.kind === 'fine';
}

/** The text itself, or the message of an error object. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return isRecord(value) && typeof value['message'] === 'string' ? value['message'] : undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** The form of `deferUntil` is not documented. It is read as a time, at most one hour ahead. */
function waitOf(deferUntil: unknown, nowMs: number): number | undefined {
  const at = deferUntil === undefined ? undefined : timeOf(deferUntil);
  return at === undefined ? undefined : Math.min(askedMostMs, Math.max(0, at - nowMs));
}
