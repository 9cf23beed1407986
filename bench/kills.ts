import { parseArgs } from 'node:util';
import { alignColumns } from '../src/commands/text/table.ts';
import { type KillReport, runWithKills } from './killing.ts';

const help = `npm run kills -- --seed N [--shots 200] [--kills 20] [--revealing | --hiding] [--json] [--keep]

Kills the run, a worker and the Temporal server of a batch with -9 at random moments, lets the batch
end, and compares the simulator's book with the ledger and the files. Without --revealing or --hiding
both are done: a vendor whose list of jobs tells them apart, and one whose list does not.`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    shots: { type: 'string', default: '200' },
    kills: { type: 'string', default: '20' },
    revealing: { type: 'boolean', default: false },
    hiding: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(help);
else await killBoth();

async function killBoth(): Promise<void> {
  const reports: [string, KillReport][] = [];
  for (const revealing of [false, true]) {
    if (revealing ? values.hiding : values.revealing) continue;
    const title = revealing ? 'list tells jobs apart' : 'list does not';
    console.error(`\n${title}:`);
    const report = await runWithKills({
      seed: whole('seed'),
      shots: whole('shots'),
      kills: whole('kills'),
      revealing,
      limitMs: 120_000 + whole('kills') * 20_000 + whole('shots') * 500,
      keep: values.keep,
      say: (line) => console.error(`  ${line}`),
    });
    reports.push([title, report]);
  }
  if (values.json) console.log(JSON.stringify(Object.fromEntries(reports), null, 2));
  else print(reports);
  if (reports.some(([, { broken }]) => broken.length > 0)) process.exitCode = 1;
}

function print(reports: readonly [string, KillReport][]): void {
  const figures: [string, (report: KillReport) => string | number][] = [
    ['kills: run, worker, server', ({ killed }) => Object.values(killed).join(', ')],
    ['commands that ended by themselves', ({ endedEarly }) => endedEarly],
    ['shots', ({ shots }) => shots],
    ['done, right bytes on disk', ({ done, wrongFiles }) => done - wrongFiles],
    ['parked', ({ parked }) => parked],
    ['not planned, source parked', ({ behindParked }) => behindParked],
    ['requests accepted', ({ accepted }) => accepted],
    ['shots accepted twice', ({ acceptedTwice }) => acceptedTwice],
    ['trainings', ({ trainings }) => trainings],
    ['uploads', ({ uploads }) => uploads],
    ['files uploaded twice', ({ uploadedTwice }) => uploadedTwice],
    ['accepted jobs the ledger lacks', ({ unknownJobs }) => unknownJobs],
    ['seconds', ({ seconds }) => seconds.toFixed(0)],
  ];
  const rows = figures.map(([name, of]) => [name, ...reports.map(([, report]) => `${of(report)}`)]);
  for (const line of alignColumns([
    [`seed ${values.seed}`, ...reports.map(([title]) => title)],
    ...rows,
  ]))
    console.log(line);
  for (const [title, { parkedShots, broken }] of reports) {
    for (const shot of parkedShots) console.log(`parked (${title}): ${shot}`);
    for (const words of broken) console.log(`BROKEN (${title}): ${words}`);
  }
}

function whole(name: 'seed' | 'shots' | 'kills'): number {
  const number = Number(values[name]);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Error(`--${name} takes a whole number, not ${values[name]}`);
  return number;
}
