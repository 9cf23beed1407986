import type { DatabaseSync } from 'node:sqlite';
import { type ClockBack, writeEveryMs } from './mark.ts';

/** Sooner than a clock was ever set back that no claim tells of. */
const clockBackMostMs = 24 * 3_600_000;

export interface UnknownTime {
  readonly from: number;
  readonly to: number;
}

/** What else shows when the claims were made that a ledger does not know. */
export interface LaterClaims {
  /** Times at which the clock was set back, after the last claim that the ledger knows. */
  readonly clockBack?: readonly ClockBack[] | undefined;
  /** When the first and the last of them were made, by the clock. */
  readonly first?: number | null | undefined;
  readonly last?: number | null | undefined;
}

/**
 * By the clock, when that may have been sent which a ledger does not know: after `since`, which is its last
 * reading of the clock. The clock may have been set meanwhile, so that this is neither the least nor the most.
 * @param claimedBefore when the ledger's last claim before a time was made; null: there is none
 */
export function unknownTime(
  since: number,
  now: number,
  { clockBack = [], first, last }: LaterClaims,
  claimedBefore: (time: number) => number | null,
): UnknownTime {
  const wasAhead = since > now;
  // The clock that showed `since` was ahead, and it was set back at a time that only earlier claims bound.
  const start = wasAhead ? (claimedBefore(now) ?? now - clockBackMostMs) : since;
  // Where it was ahead when the last of them were made, too.
  const latest = Math.max(wasAhead ? since : 0, last ?? 0);
  return {
    from: Math.min(start, now, first ?? now, ...clockBack.map(({ at }) => at)),
    to: latest > now ? latest + writeEveryMs : now,
  };
}

/** The ledger's claims after so many, in another file of it; undefined where that cannot tell. */
export function claimsAfter(
  ledger: DatabaseSync,
  { id, claims }: { readonly id: string; readonly claims: number },
):
  | { readonly count: number; readonly first: number | null; readonly last: number | null }
  | undefined {
  const meta = ledger.prepare('select ledger_id as id, claims from meta').get();
  if (meta?.['id'] !== id) return undefined;
  const times = ledger
    .prepare(
      'select min(claimed_at) as first, max(claimed_at) as last from submission where claim_no > ? and gap is null',
    )
    .get(claims);
  const timeOf = (value: unknown): number | null => (value == null ? null : Number(value));
  return {
    count: Math.max(0, Number(meta['claims']) - claims),
    first: timeOf(times?.['first']),
    last: timeOf(times?.['last']),
  };
}
