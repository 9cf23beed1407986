import { DatabaseSync } from 'node:sqlite';
import { type ClockBack, type Mark, writeEveryMs } from './mark.ts';

/** Assumed maximum step back of a clock when no earlier claim bounds it. */
const clockBackMostMs = 24 * 3_600_000;

export interface UnknownTime {
  readonly from: number;
  readonly to: number;
}

/** Other evidence about the times of claims that a ledger does not know. */
export interface LaterClaims {
  /** Times at which the clock was set back, after the last claim that the ledger knows. */
  readonly clockBack?: readonly ClockBack[] | undefined;
  /** When the first and the last of them were made, by the clock. */
  readonly first?: number | null | undefined;
  readonly last?: number | null | undefined;
}

/**
 * The period, by the clock, in which unknown requests may have been sent: after `since`, the last
 * clock reading of the ledger. The clock may have been set meanwhile, so `since` is no bound in
 * either direction.
 * @param claimedBefore time of the last claim of the ledger before a given time; null: there is
 * none
 */
export function unknownTime(
  since: number,
  now: number,
  { clockBack = [], first, last }: LaterClaims,
  claimedBefore: (time: number) => number | null,
): UnknownTime {
  const wasAhead = since > now;
  // The clock was ahead at `since` and was set back later; only earlier claims give a bound for
  // that time.
  const start = wasAhead ? (claimedBefore(now) ?? now - clockBackMostMs) : since;
  // The clock may also have been ahead at the last of these claims.
  const latest = Math.max(wasAhead ? since : 0, last ?? 0);
  return {
    from: Math.min(start, now, first ?? now, ...clockBack.map(({ at }) => at)),
    to: latest > now ? latest + writeEveryMs : now,
  };
}

/** A ledger, and how many claims of it are known. */
export interface KnownClaims {
  readonly id: string;
  readonly claims: number;
}

/** Later claims by the mark beside the ledger; nothing when it belongs to another ledger. */
export function claimsInMark(mark: Mark | undefined, { id, claims }: KnownClaims): LaterClaims {
  if (mark?.ledger !== id) return {};
  return {
    clockBack: mark.clockBack?.filter(({ claim }) => claim > claims),
    last: mark.newestClaim,
  };
}

/**
 * Later claims in another file of the same ledger. Undefined: the file is another ledger, of an
 * older version, missing, or unreadable.
 */
export function claimsInFile(
  path: string,
  { id, claims }: KnownClaims,
): (LaterClaims & { readonly count: number }) | undefined {
  try {
    const ledger = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
    try {
      const meta = ledger.prepare('select ledger_id as id, claims from meta').get();
      if (meta?.['id'] !== id) return undefined;
      const times = ledger
        .prepare(
          'select min(claimed_at) as first, max(claimed_at) as last from submission where claim_no > ? and gap is null',
        )
        .get(claims) as { first: number | null; last: number | null };
      return { count: Math.max(0, Number(meta['claims']) - claims), ...times };
    } finally {
      ledger.close();
    }
  } catch {
    return undefined;
  }
}
