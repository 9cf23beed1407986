import { alignColumns } from '../../src/commands/text/table.ts';
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
  /** Time during which at least one run was under way. */
  readonly wallSeconds: number;
  readonly firstSeed: number;
  readonly lastSeed: number;
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
    wallSeconds: Math.round(wallSeconds(reports)),
    firstSeed: Math.min(...reports.map(({ seed }) => seed)),
    lastSeed: Math.max(...reports.map(({ seed }) => seed)),
    kinds,
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
    `${counts}; ${sum.accepted} requests accepted; ${sum.kills} kills; ${sum.wallSeconds} s`,
  ].join('\n');
}

function columnsOf(sum: KindSum): KindSum {
  const { injected, runs, duplicates, lost, overruns, hung } = sum;
  return { injected, runs, duplicates, lost, overruns, hung };
}

/** The page docs/faults.md. */
export function formatPage(sum: CampaignSum, command: string): string {
  const rows = Object.entries(sum.kinds)
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([kind, each]) => `| ${[kind, ...Object.values(columnsOf(each))].join(' | ')} |`);
  return `# Under fire

Every promise of the [README](../README.md) was put to the test in ${sum.runs} runs. Each drew from its seed a batch (vendors,
steps, training, sizes), faults of the vendors' side and misfortunes of ours; ran the real command line, worker,
Temporal server and ledger as processes of their own against the [simulator](simulator.md); and at the end compared four books: the
simulator's, the ledger's, the files on disk and the receipt.

\`\`\`sh
${command}
\`\`\`

Seeds ${sum.firstSeed} to ${sum.lastSeed}, ${Math.round(sum.wallSeconds / 60)} minutes on two cores.

| | |
| --- | --- |
| shots | ${sum.shots} |
| requests that the vendors accepted | ${sum.accepted} |
| faults injected | ${sum.injected} |
| processes killed with -9 | ${sum.kills} |
| **shots paid twice** | **${sum.duplicates}** |
| **paid outputs lost** | **${sum.lost}** |
| **budgets exceeded** | **${sum.overruns}** |
| **batches that hung** | **${sum.hung}** |
| shots done, parked for a person, failed | ${sum.done}, ${sum.parked}, ${sum.failed} |

A run may have several kinds of faults; what went wrong in it counts for each of them. What has not ended after five minutes has hung.

| kind | injected | runs | paid twice | lost | exceeded | hung |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

A run that breaks a promise prints its seed, and that seed draws the same run again. What is drawn is in
\`bench/faults/draw-*.ts\`, what is compared in \`bench/faults/compare-books.ts\`. Not drawn is a list of jobs that hides a single one and shows those made
before and after it: nothing tells that from a request which never arrived, and such a request is sent again. That the campaign would notice is shown by six bugs planted on purpose:
\`npm run faults -- --mutants\`.
`;
}
