import { gptimage2api } from './gptimage2api/index.ts';
import { photogpt } from './photogpt/index.ts';
import type { Vendor } from './port.ts';
import { productai } from './productai/index.ts';
import { wonda } from './wonda/index.ts';

/** Every vendor that Shotlist knows. */
export const vendors: readonly Vendor[] = [photogpt, productai, gptimage2api, wonda];

/** Undefined when no vendor has the id. */
export function vendorById(id: string): Vendor | undefined {
  return vendors.find((vendor) => vendor.id === id);
}
