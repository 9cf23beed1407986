import { z } from 'zod';
import type { Timeouts } from './port.ts';

/** Defaults if a vendor documents no others; docs/ledger.md describes the effect of each. */
export const usualTimeouts: Timeouts = {
  postMs: 60_000,
  imageJobMs: 30 * 60_000,
  videoJobMs: 2 * 3_600_000,
  trainingMs: 90 * 60_000,
  pollFirstMs: 1_000,
  pollMs: 5_000,
  trainingPollMs: 5 * 60_000,
  listLagMs: 10_000,
};

const second = 1_000;
const hour = 3_600 * second;
const day = 24 * hour;
const pollRange = { min: 10, max: hour };
const jobRange = { min: second, max: 7 * day };

/** The allowed range of each account setting, in milliseconds. */
export const timeoutRanges: Readonly<Record<keyof Timeouts, { min: number; max: number }>> = {
  // A stopping process may have to wait this long.
  postMs: { min: 100, max: 600 * second },
  imageJobMs: jobRange,
  videoJobMs: jobRange,
  trainingMs: jobRange,
  pollFirstMs: pollRange,
  pollMs: pollRange,
  trainingPollMs: { min: 10, max: day },
  listLagMs: { min: 10, max: hour },
};

/** `timeouts` of an account: they override the vendor's. */
export const timeoutsSchema = z
  .strictObject(
    Object.fromEntries(
      Object.entries(timeoutRanges).map(([name, range]) => [name, milliseconds(range)]),
    ) as Record<keyof Timeouts, ReturnType<typeof milliseconds>>,
  )
  .optional();

/** Unless the account sets `listLagMs`, it is at most `postMs`. */
export function timeoutsOf(
  vendor: Timeouts,
  own: { readonly [Name in keyof Timeouts]?: Timeouts[Name] | undefined } = {},
): Timeouts {
  const given = Object.fromEntries(Object.entries(own).filter(([, ms]) => ms !== undefined));
  const timeouts = { ...vendor, ...given };
  const listLagMs = own.listLagMs ?? Math.min(timeouts.listLagMs, timeouts.postMs);
  return { ...timeouts, listLagMs };
}

function milliseconds({ min, max }: { readonly min: number; readonly max: number }) {
  const wanted = `write whole milliseconds from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}`;
  return z.int(wanted).min(min, wanted).max(max, wanted).optional();
}
