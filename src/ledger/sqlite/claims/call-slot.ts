import { takeSlot } from '../../rules/slots.ts';
import { lockAccount, putSlots, slotsOf } from './account-row.ts';
import type { Database } from '../database.ts';
import { everyModel, isHeld } from '../holds.ts';

/** For a free call of an account whose vendor counts them. A hold of the rate limit concerns it too. */
export function takeCallSlot(database: Database, id: string, now: number): number {
  const account = lockAccount(database, id);
  const held = database.get<{ until: number }>(
    `select until from hold
     where account = ?1 and model = ?2 and reason = 'limited' and until is not null
       and ${isHeld('?3')}`,
    id,
    everyModel,
    now,
  );
  if (held) return held.until - now;
  const { slots, waitMs } = takeSlot(slotsOf(account), 'call', account.per_minute, now);
  putSlots(database, id, slots);
  return waitMs;
}
