import type { ModelSpec } from '../batch/model-spec.ts';
import type { ShotRequest } from '../batch/request.ts';
import { amountFromDecimal, type Amount, type Price, type Unit } from '../money.ts';
import type { PriceOverrides } from './port.ts';

export interface PriceList {
  readonly unit: Unit;
  readonly models: readonly ModelSpec[];
  /** `shotlist.yaml`'s, which count before everything else. */
  readonly overrides: PriceOverrides;
}

/**
 * What the account's own `prices` say of the request: per output, for every output. Undefined: they do not
 * speak of the model.
 */
export function overriddenPrice(request: ShotRequest, list: PriceList): Price | undefined {
  const override = list.overrides[request.model];
  if (override === undefined) return undefined;
  const each =
    typeof override === 'string'
      ? amountFromDecimal(override, list.unit)
      : byResolution(request, override, list);
  if (each === undefined) return unknownPrice(list.unit);
  return { amount: each * (request.outputs ?? 1), unit: list.unit, basis: 'assumed' };
}

export function unknownPrice(unit: Unit): Price {
  return { amount: null, unit, basis: 'unknown' };
}

/**
 * The price of the resolution asked for, or of the model's default; where neither is known the dearest,
 * so that a budget holds. A resolution without a price has none.
 */
function byResolution(
  request: ShotRequest,
  table: Readonly<Record<string, string>>,
  { models, unit }: PriceList,
): Amount | undefined {
  const field = models.find(({ id }) => id === request.model)?.fields.resolution;
  const resolution = request.resolution ?? field?.default;
  const amounts = Object.entries(table).map(
    ([name, decimal]) => [name.toLowerCase(), amountFromDecimal(decimal, unit)] as const,
  );
  if (resolution === undefined)
    return amounts.length > 0 ? Math.max(...amounts.map(([, amount]) => amount)) : undefined;
  return amounts.find(([name]) => name === String(resolution).toLowerCase())?.[1];
}
