import { z } from 'zod';
import { formatAmount, type Amount } from '../../money.ts';
import type { Api } from '../api.ts';
import { billedAmount, numberOf } from '../fields.ts';
import type { Verification } from '../port.ts';
import { verifyKey } from '../verify-key.ts';
import { classify, isRecord } from './errors.ts';

interface Named {
  readonly name: string;
  readonly value: unknown;
}

/** Verifies the key by its balance. A `forbidden` answer counts as a refused key: such an account cannot work. */
export function verify(api: Api): Promise<Verification> {
  const ask = async (): Promise<Verification> => {
    const answer = await api({ method: 'GET', path: '/balance', answer: z.unknown() });
    const balance = balanceIn(answer);
    return { key: 'good', balance, message: `the key is good; ${said(answer, balance)}` };
  };
  return verifyKey(classify, ask, (error) => classify(error).account.kind === 'forbidden');
}

/**
 * The field names are not documented. Accepted are micro-dollars or dollars by name, or a text with a
 * dollar sign. The value of a credit is not documented, so credits are no amount.
 */
function balanceIn(answer: unknown): Amount | null {
  const numbers = namedIn(answer, 3);
  const micro = numbers.find(({ name, value }) => /micro/i.test(name) && isAmount(value));
  if (micro) return billedAmount(Number(micro.value) / 1e6, 'usd');
  for (const { name, value } of numbers) {
    if (typeof value === 'string' && /^\$[\d,]+(\.\d+)?$/.test(value))
      return billedAmount(value.replace(/[$,]/g, ''), 'usd');
    if (/usd|dollar/i.test(name) && isAmount(value)) return billedAmount(value, 'usd');
  }
  return null;
}

function said(answer: unknown, balance: Amount | null): string {
  if (balance !== null) return `balance ${formatAmount(balance, 'usd')}`;
  const credits = namedIn(answer, 3).find(
    ({ name, value }) => /credit|balance/i.test(name) && isAmount(value),
  );
  return credits
    ? `Wonda says ${credits.name} ${String(credits.value)}, without its value in dollars`
    : 'its balance was not understood';
}

/** Values by path, such as `balance.usd`. Balances come first; prices, limits and spending are left out. */
function namedIn(value: unknown, depth: number, path = ''): Named[] {
  if (!isRecord(value) || depth === 0) return [];
  const all = Object.entries(value).flatMap(([key, inner]): Named[] => {
    const name = `${path}${key}`;
    if (/price|cost|limit|spen[dt]|refill/i.test(key)) return [];
    return isRecord(inner) ? namedIn(inner, depth - 1, `${name}.`) : [{ name, value: inner }];
  });
  const isBalance = ({ name }: Named): boolean => /balance|available|remaining/i.test(name);
  return [...all.filter(isBalance), ...all.filter((one) => !isBalance(one))];
}

function isAmount(value: unknown): boolean {
  return (numberOf(value) ?? -1) >= 0;
}
