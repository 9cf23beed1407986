import type { Stopped } from '../ledger/port.ts';

/** An outage that is over soon is waited for inside, like any other wait. */
export function isLastingStop({ reason, endsInMs }: Stopped, insideWaitMs: number): boolean {
  if (reason.kind !== 'block' || (reason.block !== 'unreachable' && reason.block !== 'circuitOpen'))
    return true;
  return endsInMs === null || endsInMs > insideWaitMs;
}
