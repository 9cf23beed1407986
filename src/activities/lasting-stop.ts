import type { Stopped } from '../ledger/port.ts';

/** The activity itself waits for a short outage, as for any other short wait. */
export function isLastingStop({ reason, endsInMs }: Stopped, insideWaitMs: number): boolean {
  if (reason.kind !== 'block' || (reason.block !== 'unreachable' && reason.block !== 'circuitOpen'))
    return true;
  return endsInMs === null || endsInMs > insideWaitMs;
}
