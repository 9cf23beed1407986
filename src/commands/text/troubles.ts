import type { BatchStatus, ReportLedger, ShotRow } from '../../ledger/port.ts';
import { lostText } from '../../report/lost-files.ts';

/** Shots that failed or are parked for one reason. */
export interface Trouble {
  readonly state: 'failed' | 'parked';
  readonly why: string;
  count: number;
  /** The first few, in the order of the plan. */
  readonly keys: string[];
}

const keysShown = 3;
const reasonsShown = 8;

/** What went wrong, the most frequent first. */
export async function troublesOf(
  reports: Pick<ReportLedger, 'shots'>,
  { row, steps }: BatchStatus,
): Promise<readonly Trouble[]> {
  if (steps.every(({ failed, parked }) => failed + parked === 0)) return [];
  const troubles = new Map<string, Trouble>();
  for await (const shot of reports.shots(row.batch, {
    states: ['failed', 'skipped', 'blocked', 'parked'],
  })) {
    const { state, why } = reasonOf(shot);
    const key = `${state} ${why}`;
    const trouble = troubles.get(key) ?? { state, why, count: 0, keys: [] };
    trouble.count += 1;
    if (trouble.keys.length < keysShown) trouble.keys.push(shot.key);
    troubles.set(key, trouble);
  }
  return [...troubles.values()].sort((one, other) => other.count - one.count);
}

export function formatTroubles(troubles: readonly Trouble[]): string[] {
  const lines = troubles.slice(0, reasonsShown).map(({ state, why, count, keys }) => {
    const more = count > keys.length ? `, and ${count - keys.length} more` : '';
    return `  ${state.padEnd(10)} ${count}  ${why}: ${keys.join(', ')}${more}`;
  });
  const rest = troubles.slice(reasonsShown).reduce((sum, { count }) => sum + count, 0);
  return rest === 0 ? lines : [...lines, `  and ${rest} more, for other reasons`];
}

function reasonOf(shot: ShotRow): Pick<Trouble, 'state' | 'why'> {
  const why = lostText(shot) ?? shot.why ?? 'no reason was given';
  return { state: shot.state === 'parked' ? 'parked' : 'failed', why };
}
