import { z } from 'zod';

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `outputLifetime`: lifetime of links to outputs, such as `24h`, if the vendor does not say. */
export const outputLifetime = z
  .string()
  .regex(/^\d{1,5}[mhd]$/, 'write a time such as 90m, 24h or 7d')
  .optional();

/** Null if the account does not set it. */
export function lifetimeMs(text: z.infer<typeof outputLifetime>): number | null {
  if (text === undefined) return null;
  return Number(text.slice(0, -1)) * unitMs[text.slice(-1) as keyof typeof unitMs];
}

/** Expiry of links made at `madeAt`, or now if the vendor gives no time. Epoch milliseconds. */
export function expiryOf(madeAt: number | undefined, lifetime: number | null): number | null {
  return lifetime === null ? null : (madeAt ?? Date.now()) + lifetime;
}
