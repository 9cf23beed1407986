import { alignColumns } from '../../src/commands/table.ts';
import type { RunReport } from './run-scenario.ts';

export interface CampaignSum {
  readonly runs: number;
  readonly shots: number;
  readonly done: number;
  readonly parked: number;
  readonly failed: number;
  readonly accepted: number;
  readonly kills: number;
  readonly injected: number;
  readonly duplicates: number;
  readonly lost: number;
  readonly overruns: number;
  readonly hung: number;
  /** Of runs, added up; several run at once. */
  readonly seconds: number;
  /** For each kind: how often it struck, in how many runs, and what went wrong in those. */
  readonly kinds: Readonly<Record<string, KindSum>>;
}
interface KindSum {
  injected: number;
  runs: number;
  duplicates: number;
  lost: number;
  overruns: number;
  hung: number;
}

export function sumUp(reports: readonly RunReport[]): CampaignSum {
  const kinds: Record<string, KindSum> = {};
  for (const report of reports)
    for (const [kind, count] of Object.entries(report.injected)) {
      const sum = (kinds[kind] ??= emptyKind());
      sum.injected += count;
      sum.runs += 1;
      sum.duplicates += report.duplicates;
      sum.lost += report.lost;
      sum.overruns += report.overruns;
      sum.hung += report.hung ? 1 : 0;
    }
  const total = (of: (report: RunReport) => number): number =>
    reports.reduce((sum, report) => sum + of(report), 0);
  return {
    runs: reports.length,
    shots: total(({ shots }) => shots),
    done: total(({ done }) => done),
    parked: total(({ parked }) => parked),
    failed: total(({ failed }) => failed),
    accepted: total(({ accepted }) => accepted),
    kills: total(({ kills }) => kills),
    injected: Object.values(kinds).reduce((sum, { injected }) => sum + injected, 0),
    duplicates: total(({ duplicates }) => duplicates),
    lost: total(({ lost }) => lost),
    overruns: total(({ overruns }) => overruns),
    hung: total(({ hung }) => (hung ? 1 : 0)),
    seconds: Math.round(total(({ seconds }) => seconds)),
    kinds,
  };
}

function emptyKind(): KindSum {
  return { injected: 0, runs: 0, duplicates: 0, lost: 0, overruns: 0, hung: 0 };
}

/** For a terminal. */
export function formatTable(sum: CampaignSum): string {
  const head = ['kind', 'injected', 'runs', 'duplicates', 'lost', 'overruns', 'hung'];
  const rows = Object.entries(sum.kinds)
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([kind, each]) => [kind, ...Object.values(columnsOf(each)).map(String)]);
  const all = ['all', ...Object.values(columnsOf(sum)).map(String)];
  const counts = `${sum.done} done, ${sum.parked} parked, ${sum.failed} failed of ${sum.shots} shots`;
  return [
    ...alignColumns([head, ...rows, all]),
    '',
    `${counts}; ${sum.accepted} requests accepted; ${sum.kills} kills; ${sum.seconds} s of runs`,
  ].join('\n');
}

function columnsOf(sum: KindSum): KindSum {
  const { injected, runs, duplicates, lost, overruns, hung } = sum;
  return { injected, runs, duplicates, lost, overruns, hung };
}
