import type { ClaimLedger } from '../../port.ts';
import { takeSlot } from '../../rules/slots.ts';
import { everyModel, isActive } from '../blocks.ts';
import { lockAccount, putSlots, slotsOf } from './allowances.ts';
import { closed } from './claim-gate.ts';
import { claimTraining } from './claim-training.ts';
import { claim } from './claim.ts';
import type { Context } from '../context.ts';
import type { Database } from '../database.ts';

/** The only way to spend money: each claim is its own transaction, committed before it answers. */
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

/**
 * Takes a slot for a free call, where the vendor counts those. A block by the rate limit applies to
 * it too.
 */
function takeCallSlot(database: Database, id: string, now: number): number {
  const account = lockAccount(database, id);
  const block = database.get<{ until: number }>(
    `select until from block
     where account = ?1 and model = ?2 and reason = 'limited' and until is not null
       and ${isActive('?3')}`,
    id,
    everyModel,
    now,
  );
  if (block) return block.until - now;
  const { slots, waitMs } = takeSlot(slotsOf(account), 'call', account.limits.perMinute, now);
  putSlots(database, id, slots);
  return waitMs;
}
