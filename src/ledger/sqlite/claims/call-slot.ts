import { takeSlot } from '../../rules/slots.ts';
import { lockAccount, putSlots, slotsOf } from './account-row.ts';
import type { Database } from '../database.ts';
import { everyModel, isActive } from '../blocks.ts';

/** For a free call of an account whose vendor counts them. A block by the rate limit applies to it too. */
export function takeCallSlot(database: Database, id: string, now: number): number {
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
  const { slots, waitMs } = takeSlot(slotsOf(account), 'call', account.per_minute, now);
  putSlots(database, id, slots);
  return waitMs;
}
