import { UserError } from './errors.ts';

/** Units in which accounts bill. They are never converted into one another. */
export const units = ['credits', 'usd'] as const;
export type Unit = (typeof units)[number];

/**
 * An amount of money as an integer in the unit's smallest part: credit / 1,000 and usd / 1,000,000.
 * Safe integers can represent nine trillion credits, so no bigint is needed.
 */
export type Amount = number;

const partsPerUnit: Record<Unit, number> = { credits: 1_000, usd: 1_000_000 };
const decimalsOf: Record<Unit, number> = { credits: 3, usd: 6 };

/**
 * The source of a price. `billed`: the vendor has charged more than its price for the same model and
 * settings. `assumed`: shotlist.yaml or a noted default.
 */
export type PriceBasis = 'exact' | 'quoted' | 'billed' | 'assumed' | 'unknown';

export interface Price {
  /** Null if unknown. */
  readonly amount: Amount | null;
  readonly unit: Unit;
  readonly basis: PriceBasis;
}

/**
 * Reads a decimal such as `12.5` in the given unit.
 * @throws UserError when it is not a plain non-negative decimal, or finer than the unit's smallest part
 */
export function amountFromDecimal(decimal: string | number, unit: Unit): Amount {
  const text = String(decimal).trim();
  const match = /^(\d{1,12})(?:\.(\d+))?$/.exec(text);
  if (!match)
    throw new UserError(`${text} is not an amount of ${unit}: write a number such as 12.5`);
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  const decimals = decimalsOf[unit];
  if (fraction.length > decimals)
    throw new UserError(
      `${text} ${unit} has too many decimals: at most ${decimals} digits after the point`,
    );
  return Number(match[1]) * partsPerUnit[unit] + Number(fraction.padEnd(decimals, '0') || '0');
}

/** The shortest decimal for the same amount: `12.5`, `900`, `0.004`. */
export function decimalFromAmount(amount: Amount, unit: Unit): string {
  const negative = amount < 0 ? '-' : '';
  const absolute = Math.abs(amount);
  const parts = partsPerUnit[unit];
  const fraction = String(absolute % parts)
    .padStart(decimalsOf[unit], '0')
    .replace(/0+$/, '');
  return `${negative}${Math.floor(absolute / parts)}${fraction ? `.${fraction}` : ''}`;
}

/** For people, such as `12.5 credits`, with thousands separators. */
export function formatAmount(amount: Amount, unit: Unit): string {
  const [whole, fraction] = decimalFromAmount(amount, unit).split('.');
  const grouped = (whole ?? '0').replace(/\B(?=(\d{3})+$)/g, ',');
  return `${grouped}${fraction ? `.${fraction}` : ''} ${unit}`;
}
