import { accountName } from '../../batch/ids.ts';
import type { BatchStatus, StopReason, Uncollected } from '../../ledger/port.ts';
import { type Amount, decimalFromAmount } from '../../money.ts';
import type { Project } from '../project/project.ts';
import { endByThemselves } from './stops.ts';
import { totals } from './totals.ts';

type Commands = Pick<Project, 'runCommand' | 'argumentFor'>;

/** Commands that the present state accepts, the most useful first. */
export function nextSteps(
  status: BatchStatus,
  project: Commands,
  {
    left = [],
    caps,
  }: {
    readonly left?: readonly Uncollected[];
    readonly caps?: ReadonlyMap<string, Amount>;
  },
): { why: string; command: string }[] {
  const { row, undecidedTrainings } = status;
  const batch = project.argumentFor(row);
  const counts = totals(status);
  const next = goOnSteps(status, project, caps);
  if (left.length > 0 && (row.endedAt !== null || row.state === 'paused'))
    next.push({ why: 'collect', command: `shotlist collect ${batch}` });
  if (counts.parked + undecidedTrainings > 0)
    next.push({ why: 'decide', command: `shotlist resolve ${batch}` });
  if (counts.succeeded + counts.cached > 0)
    next.push({ why: 'look', command: `shotlist open ${batch}` });
  return next;
}

function goOnSteps(
  status: BatchStatus,
  { runCommand, argumentFor }: Commands,
  caps: ReadonlyMap<string, Amount> = new Map(),
): { why: string; command: string }[] {
  const { row, stops, blocks, accounts } = status;
  const batch = argumentFor(row);
  const { waiting, running, failed } = totals(status);
  const raise = accounts.flatMap(({ account, unit }) => {
    const cap = caps.get(account);
    if (cap === undefined) return [];
    const amount = `'${decimalFromAmount(cap, unit)} ${unit}'`;
    return [
      { why: 'raise it', command: `shotlist budget ${batch} ${accountName(account)} ${amount}` },
    ];
  });
  if (row.state === 'paused')
    return [...raise, { why: 'go on', command: `shotlist resume ${batch}` }];
  const isUnended = waiting + running > 0 || status.unmade.length > 0;
  const run = { why: isUnended ? 'go on' : 'run again', command: runCommand(row) };
  if (row.state !== 'running') return isUnended || failed > 0 ? [run] : [];
  if (waiting > 0 && stops.some(({ kind }) => kind === 'maxFailures'))
    return [{ why: 'end it', command: `shotlist cancel ${batch}` }];
  // Neither `resume` nor `run` raises a budget.
  if (raise.length > 0) return raise;
  const isFixable =
    stops.some((stop) => endsByResume(stop)) ||
    blocks.some(({ reason }) => !endByThemselves.has(reason));
  const resume = { why: 'once fixed', command: `shotlist resume ${batch}` };
  return [...(waiting > 0 && isFixable ? [resume] : []), ...(isUnended || failed > 0 ? [run] : [])];
}

/** The other stops end by another run, or by another budget. */
function endsByResume(stop: StopReason): boolean {
  if (stop.kind === 'budget') return stop.scope === 'account';
  return stop.kind === 'block' || stop.kind === 'otherKey';
}
