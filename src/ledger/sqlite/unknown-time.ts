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

/**
 * Later claims by the mark beside the ledger; nothing when it belongs to another ledger. Numbers say
 * what is later in one lineage only.
 */
export function claimsInMark(
  mark: Mark | undefined,
  { ledger, claims, lineage }: Pick<Required<Mark>, 'ledger' | 'claims' | 'lineage'>,
): LaterClaims {
  if (mark?.ledger !== ledger) return {};
  const isOther = mark.lineage !== undefined && mark.lineage !== lineage;
  return {
    clockBack: mark.clockBack?.filter(({ claim }) => isOther || claim > claims),
    last: mark.newestClaim,
  };
}

/**
 * Claims in another file of the same ledger that this one does not know. Undefined: the file is
 * another ledger, missing, or unreadable.
 */
export function claimsInFile(
  path: string,
  ledgerId: string,
  isKnown: (submission: string) => boolean,
):
  | { readonly count: number; readonly first: number | null; readonly last: number | null }
  | undefined {
  try {
    const other = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
    try {
      const meta = other.prepare('select ledger_id as id from meta').get();
      if (meta?.['id'] !== ledgerId) return undefined;
      const rows = other.prepare('select id, claimed_at as at from submission').iterate();
      let [count, first, last] = [0, Infinity, -Infinity];
      for (const { id, at } of rows) {
        if (isKnown(String(id))) continue;
        count += 1;
        first = Math.min(first, Number(at));
        last = Math.max(last, Number(at));
      }
      return count === 0 ? { count, first: null, last: null } : { count, first, last };
    } finally {
      other.close();
    }
  } catch {
    return undefined;
  }
}
