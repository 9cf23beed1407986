import type { ClaimLedger } from '../../port.ts';
import { claim } from './claim.ts';
import { closed } from './claim-gate.ts';
import { claimTraining } from './claim-training.ts';
import type { Context } from '../context.ts';
import { takeCallSlot } from './call-slot.ts';

/** The only way to spend money: each claim is a transaction of its own, committed before it answers. */
export function createClaimLedger({ database, now }: Context): ClaimLedger {
  return {
    claim: async (range, options) =>
      database.transaction(() => claim(database, range, options, now())),
    claimTraining: async (training, options) =>
      database.transaction(() => claimTraining(database, training, options, now())),
    closed: async ({ account, ...run }) =>
      database.transaction(() => closed(database, { ...run, account, now: now() })),
    takeCallSlot: async (account) =>
      database.transaction(() => takeCallSlot(database, account, now())),
  };
}
