import type { BatchStatus, StepCounts } from '../../ledger/port.ts';
import type { StatusDocument } from '../json/status.ts';

export type Counts = Omit<StepCounts, 'step' | 'outputs'> & { readonly outputs: number };

/** Exit codes for scripts; docs/operating.md lists them. */
export type ExitCode = 0 | 1 | 2 | 3 | 4;

export function totals(status: BatchStatus): Counts {
  const sum = (key: keyof Counts) => status.steps.reduce((all, step) => all + step[key], 0);
  return {
    total: sum('total'),
    succeeded: sum('succeeded'),
    cached: sum('cached'),
    failed: sum('failed'),
    parked: sum('parked'),
    running: sum('running'),
    waiting: sum('waiting'),
    partial: sum('partial'),
    outputs: sum('outputs'),
    damaged: sum('damaged'),
  };
}

/** One word for people and scripts. `waiting`: nothing happens until a person acts. */
export function stateWord(status: BatchStatus): StatusDocument['state'] {
  if (status.row.state !== 'running') return status.row.state;
  const { running, waiting } = totals(status);
  return running + waiting > 0 && status.isStopped ? 'waiting' : 'running';
}

export function exitCodeOf(status: BatchStatus): ExitCode {
  const counts = totals(status);
  const { state } = status.row;
  // Where a batch has not ended, a step may have no shots yet.
  if (state === 'running' || state === 'paused') return 4;
  if (counts.running + counts.waiting + status.unmade.length > 0) return 4;
  if (counts.failed + counts.parked + counts.partial > 0) return state === 'cancelled' ? 4 : 3;
  return counts.damaged > 0 ? 3 : 0;
}
