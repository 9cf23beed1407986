import { faultKinds } from './draw-faults.ts';
import { mutants } from './mutants/list.ts';
import { type CampaignSum, columns, rowsOf } from './table.ts';

/** The page docs/faults.md. */
export function formatPage(sum: CampaignSum, command: string): string {
  const share = ((sum.parked / Math.max(1, sum.shots)) * 100).toFixed(1);
  const reasons = Object.entries(sum.parkedFor).map(
    ([reason, count]) => `| ${reason.replaceAll('|', '\\|')} | ${count} |`,
  );
  const missed = faultKinds.filter((kind) => (sum.kinds[kind]?.injected ?? 0) === 0);
  return `# Under fire

Every promise of the [README](../README.md) was put to the test in ${sum.runs} runs. Each drew from its seed a batch (vendors,
steps, training, sizes), faults of the vendors' side and incidents on ours. It ran the real command line, worker,
Temporal server and ledger as processes of their own against the [simulator](simulator.md). At the end it compared four books: the
simulator's, the ledger's, the files on disk and the receipt.

\`\`\`sh
${command}
\`\`\`

Seeds ${sum.firstSeed} to ${sum.lastSeed}, ${Math.round(sum.wallSeconds / 60)} minutes on two cores.

| | |
| --- | --- |
| shots | ${sum.shots} |
| requests that the vendors accepted | ${sum.accepted} |
| of these, sent a second time by a gateway | ${sum.repeats} |
| faults injected | ${sum.injected} |
| processes killed with -9 | ${sum.kills} |
| **shots and trainings paid twice** | **${sum.duplicates}** |
| **paid outputs lost** | **${sum.lost}** |
| **budgets exceeded** | **${sum.overruns}** |
| **batches that hung** | **${sum.hung}** |
| **shots parked in vain** | **${sum.parkedInVain}** |
| shots done, parked for a person, failed | ${sum.done}, ${sum.parked}, ${sum.failed} |
| files that came damaged every time, files that were not shown | ${sum.damaged}, ${sum.withheld} |

A shot is parked in vain if the vendor's list of jobs would have shown the fate of its request. Three cases are the vendor's side and counted apart. They are a request that a gateway repeats, a file that never comes whole,
and a file that the vendor does not show.

## Why shots were parked

${share} % of all shots wait for a person, for these reasons:

| reason | shots |
| --- | --- |
${reasons.join('\n')}

## By kind

A run may have several kinds of faults; a failure in it counts for each of them. A batch that has not ended after seven minutes has hung: a promised refund is waited for five.

| kind | ${columns.map(([, title]) => title).join(' | ')} |
| --- |${' --- |'.repeat(columns.length)}
${rowsOf(sum)
  .map((row) => `| ${row.join(' | ')} |`)
  .join('\n')}
${missed.length === 0 ? '' : `\nKinds that struck no call in these runs: ${missed.join('; ')}. \`npm run faults -- --only 'KIND' --runs 10\` draws one alone.\n`}
A run that breaks a promise prints its seed, and that seed draws the same run again. The draws are in
\`bench/faults/kinds\`, \`draw-incidents.ts\` and \`plots.ts\`, the comparison in \`bench/faults/compare\`. One case is not drawn: a list of jobs that hides a single one and shows those made
before and after it. It looks like a request that never arrived, and such a request is sent again.

## That it would notice

${mutants.length} bugs are planted on purpose, and each must turn the campaign red within twenty runs: \`npm run faults -- --mutants\`.

${mutants.map(({ name }) => `- ${name}`).join('\n')}
`;
}
