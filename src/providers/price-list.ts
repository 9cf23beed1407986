import type { ModelSpec } from '../batch/model-spec.ts';
import type { ShotRequest } from '../batch/request.ts';
import { amountFromDecimal, type Amount, type Price, type Unit } from '../money.ts';
import type { PriceOverrides } from './port.ts';

export interface PriceList {
  readonly unit: Unit;
  readonly models: readonly ModelSpec[];
  /** The prices in `shotlist.yaml`, which take precedence. */
  readonly overrides: PriceOverrides;
}

/**
 * The price from the account's own `prices`: the price per output, times the outputs. Undefined if they
 * do not contain the model.
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
 * The price of the requested resolution, or of the model's default. If neither is known, the highest
 * price counts, so that a budget is safe. Undefined for a resolution without a price.
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
