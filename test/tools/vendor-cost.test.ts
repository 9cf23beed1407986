import { expect, it } from 'vitest';
import { type VendorCost, vendorCosts, vendorsNamedInTheCore } from '../../tools/vendor-cost.ts';

/** Also tells its models and its prices live and readies uploads: what no other vendor does. */
const doesMore: ReadonlySet<string> = new Set(['wonda']);

const costOf = (vendor: string): VendorCost | undefined =>
  vendorCosts().find((cost) => cost.vendor === vendor);

it('knows vendors by name in their own folders only', () => {
  expect(vendorsNamedInTheCore()).toEqual([]);
});

it('has a later vendor cost less than the first, its catalogue aside', () => {
  const [first, ...later] = vendorCosts();
  const most = first?.provider ?? 0;
  expect(most).toBeGreaterThan(0);
  const dearer = later.filter((cost) => !doesMore.has(cost.vendor) && cost.provider >= most);
  expect(dearer).toEqual([]);
});

it('has the plainest vendor cost the least', () => {
  const plainest = costOf('gptimage2api');
  const other = costOf('productai');
  const total = (cost: VendorCost | undefined): number =>
    cost ? cost.catalogue + cost.provider : Infinity;
  expect(total(plainest)).toBeLessThan(total(other));
});
