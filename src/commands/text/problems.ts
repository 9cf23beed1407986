import type { BatchStatus, ReportLedger, ShotRow } from '../../ledger/port.ts';
import { lostText } from '../../report/lost-files.ts';
import { partialText } from '../../report/partial.ts';

/** Shots that failed, are parked or are partial, grouped by one reason. */
export interface Problem {
  readonly state: 'failed' | 'parked' | 'partial';
  readonly why: string;
  count: number;
  /** The first few keys, in plan order. */
  readonly keys: string[];
}

const keysShown = 3;
const reasonsShown = 8;

/** Problems by reason, the most frequent first. */
export async function problemsOf(
  reports: Pick<ReportLedger, 'shots'>,
  { row, steps }: BatchStatus,
): Promise<readonly Problem[]> {
  const problems = new Map<string, Problem>();
  const gather = async (shots: AsyncIterable<ShotRow>): Promise<void> => {
    for await (const shot of shots) {
      const { state, why } = reasonOf(shot);
      const key = `${state} ${why}`;
      const problem = problems.get(key) ?? { state, why, count: 0, keys: [] };
      problem.count += 1;
      if (problem.keys.length < keysShown) problem.keys.push(shot.key);
      problems.set(key, problem);
    }
  };
  if (steps.some(({ failed, parked }) => failed + parked > 0))
    await gather(reports.shots(row.batch, { states: ['failed', 'skipped', 'blocked', 'parked'] }));
  if (steps.some(({ partial }) => partial > 0))
    await gather(reports.shots(row.batch, { partial: true }));
  return [...problems.values()].sort((one, other) => other.count - one.count);
}

export function formatProblems(problems: readonly Problem[]): string[] {
  const lines = problems.slice(0, reasonsShown).map(({ state, why, count, keys }) => {
    const more = count > keys.length ? `, and ${count - keys.length} more` : '';
    return `  ${state.padEnd(10)} ${count}  ${why}: ${keys.join(', ')}${more}`;
  });
  const rest = problems.slice(reasonsShown).reduce((sum, { count }) => sum + count, 0);
  return rest === 0 ? lines : [...lines, `  and ${rest} more, for other reasons`];
}

function reasonOf(shot: ShotRow): Pick<Problem, 'state' | 'why'> {
  const part = partialText(shot);
  if (part !== undefined) return { state: 'partial', why: part };
  const why = lostText(shot) ?? shot.why ?? 'no reason was given';
  return { state: shot.state === 'parked' ? 'parked' : 'failed', why };
}
