import { alignColumns } from '../../src/commands/text/table.ts';
import type { RunReport } from './run-scenario.ts';

export interface CampaignSum extends KindSum {
  readonly shots: number;
  readonly done: number;
  readonly parked: number;
  readonly failed: number;
  readonly accepted: number;
  /** Requests that gateways sent a second time. */
  readonly repeats: number;
  /** Files that their vendors never gave whole, and such as they did not show. */
  readonly damaged: number;
  readonly withheld: number;
  readonly kills: number;
  /** Parked shots by what could not be told. */
  readonly parkedFor: Readonly<Record<string, number>>;
  /** Time during which at least one run was under way. */
  readonly wallSeconds: number;
  readonly firstSeed: number;
  readonly lastSeed: number;
  /** Runs that broke a promise. */
  readonly red: readonly { readonly seed: number; readonly broken: readonly string[] }[];
  /** For each kind: how often it struck, in how many runs, and what went wrong in those. */
  readonly kinds: Readonly<Record<string, KindSum>>;
}

export interface KindSum {
  injected: number;
  runs: number;
  duplicates: number;
  lost: number;
  overruns: number;
  hung: number;
  /** Shots that are parked although their vendor's list would have told. */
  parkedInVain: number;
}

/** Of a table of kinds; the titles of docs/faults.md. */
export const columns: readonly (readonly [keyof KindSum, string])[] = [
  ['injected', 'injected'],
  ['runs', 'runs'],
  ['duplicates', 'paid twice'],
  ['lost', 'lost'],
  ['overruns', 'exceeded'],
  ['hung', 'hung'],
  ['parkedInVain', 'parked in vain'],
];

export function sumUp(reports: readonly RunReport[]): CampaignSum {
  const kinds: Record<string, KindSum> = {};
  const parkedFor: Record<string, number> = {};
  for (const report of reports) {
    for (const [kind, count] of Object.entries(report.injected))
      add((kinds[kind] ??= emptyKind()), report, count);
    for (const [reason, count] of Object.entries(report.parkedFor))
      parkedFor[reason] = (parkedFor[reason] ?? 0) + count;
  }
  const total = (of: (report: RunReport) => number): number =>
    reports.reduce((sum, report) => sum + of(report), 0);
  const all = emptyKind();
  for (const report of reports) add(all, report, 0);
  return {
    ...all,
    injected: Object.values(kinds).reduce((sum, { injected }) => sum + injected, 0),
    shots: total(({ shots }) => shots),
    done: total(({ done }) => done),
    parked: total(({ parked }) => parked),
    failed: total(({ failed }) => failed),
    accepted: total(({ accepted }) => accepted),
    repeats: total(({ repeats }) => repeats),
    damaged: total(({ damaged }) => damaged),
    withheld: total(({ withheld }) => withheld),
    kills: total(({ kills }) => kills),
    parkedFor: Object.fromEntries(
      Object.entries(parkedFor).sort(([, one], [, other]) => other - one),
    ),
    wallSeconds: Math.round(wallSeconds(reports)),
    firstSeed: Math.min(...reports.map(({ seed }) => seed)),
    lastSeed: Math.max(...reports.map(({ seed }) => seed)),
    red: reports
      .filter(({ broken }) => broken.length > 0)
      .map(({ seed, broken }) => ({ seed, broken })),
    kinds,
  };
}

function add(sum: KindSum, report: RunReport, injected: number): void {
  sum.injected += injected;
  sum.runs += 1;
  sum.duplicates += report.duplicates;
  sum.lost += report.lost;
  sum.overruns += report.overruns;
  sum.hung += report.hung ? 1 : 0;
  sum.parkedInVain += report.parkedInVain;
}

function emptyKind(): KindSum {
  return {
    injected: 0,
    runs: 0,
    duplicates: 0,
    lost: 0,
    overruns: 0,
    hung: 0,
    parkedInVain: 0,
  };
}

/** Runs overlap, and a campaign may be stopped and gone on with. */
function wallSeconds(reports: readonly RunReport[]): number {
  let covered = 0;
  let until = 0;
  const spans = reports.map(({ startedAt, seconds }) => [startedAt, startedAt + seconds * 1_000]);
  for (const [from = 0, to = 0] of spans.sort(([one = 0], [other = 0]) => one - other)) {
    covered += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return covered / 1_000;
}

/** Kinds by name, each with its figures. */
export function rowsOf({ kinds }: CampaignSum): string[][] {
  return Object.entries(kinds)
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([kind, each]) => [kind, ...figuresOf(each)]);
}

const figuresOf = (sum: KindSum): string[] => columns.map(([name]) => String(sum[name]));

/** For a terminal. */
export function formatTable(sum: CampaignSum): string {
  const counts = `${sum.done} done, ${sum.parked} parked, ${sum.failed} failed of ${sum.shots} shots`;
  const accepted = `${sum.accepted} requests accepted, ${sum.repeats} of them gateways' own`;
  return [
    ...alignColumns([
      ['kind', ...columns.map(([, title]) => title)],
      ...rowsOf(sum),
      ['all', ...figuresOf(sum)],
    ]),
    '',
    `${counts}; ${accepted}; ${sum.kills} kills; ${sum.wallSeconds} s`,
    ...Object.entries(sum.parkedFor).map(([reason, count]) => `${count} parked: ${reason}`),
    ...sum.red.map(({ seed, broken }) => `RED seed ${seed}: ${broken.join('; ')}`),
  ].join('\n');
}
