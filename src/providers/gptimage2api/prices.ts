import type { ShotRequest } from '../../batch/request.ts';
import { amountFromDecimal, type Price } from '../../money.ts';
import type { PriceOverrides } from '../port.ts';
import { overriddenPrice, unknownPrice } from '../price-list.ts';
import type { Listed, PriceRow } from './listed.ts';

const unit = 'credits';

/** Options without effect on the price. Any other option may change it. */
const priceless: ReadonlySet<string> = new Set(['outputFormat']);

/**
 * The account's `prices` first, then the vendor's list. If several of its prices fit, the highest is
 * assumed, so that a budget is safe.
 */
export function priceOf(
  request: ShotRequest,
  overrides: PriceOverrides,
  listed: readonly Listed[],
): Price {
  const models = listed.map(({ spec }) => spec);
  const own = overriddenPrice(request, { unit, models, overrides });
  if (own) return own;
  const model = listed.find(({ spec }) => spec.id === request.model);
  const preset = model?.spec.fields.resolution?.default;
  const resolution = request.resolution ?? preset;
  const possible = (model?.prices ?? []).filter((row) => mayBe(row, resolution, request.duration));
  if (possible.length === 0) return unknownPrice(unit);
  const dearest = Math.max(...possible.map(({ credits }) => credits));
  const presumed = request.resolution === undefined && preset !== undefined;
  const changed = Object.keys(request.options).some((name) => !priceless.has(name));
  const basis = possible.length > 1 || presumed || changed ? 'assumed' : 'exact';
  return { amount: amountFromDecimal(dearest, unit), unit, basis };
}

function mayBe(row: PriceRow, resolution: unknown, duration: number | undefined): boolean {
  const atResolution =
    row.resolution === undefined || resolution === undefined || row.resolution === resolution;
  const forDuration =
    row.duration === undefined || duration === undefined || row.duration === duration;
  return atResolution && forDuration;
}
