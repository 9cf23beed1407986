import { clockSlackMs, serverAheadMs } from '../../http/server-clock.ts';
import type { ModelRow, Trigger } from '../../ledger/port.ts';
import type { RemoteThing } from '../../providers/port.ts';
import type { Training } from './training.ts';

/**
 * Whether the vendor's models prove that no training was sent in the gap. Every model from that
 * time is on record, and the model of this training is later.
 */
export async function isSurelyUnsent(
  { deps, access, port }: Training,
  { remoteId }: ModelRow,
  { claimedAt, deadlineAt }: Trigger,
): Promise<boolean> {
  const { entries, unreadable } = await port.list();
  const known = await deps.ledger.remotes.knownThings(access.key);
  const madeAt = ({ createdAt }: RemoteThing): number =>
    createdAt === null ? Number.NaN : createdAt - serverAheadMs(access.trustedOrigin);
  const isLater = (model: RemoteThing): boolean => madeAt(model) > deadlineAt + clockSlackMs;
  const isEarlier = (model: RemoteThing): boolean => madeAt(model) < claimedAt - clockSlackMs;
  const own = entries.find(({ id }) => id === remoteId);
  const strangers = entries.filter(({ id }) => !known.has(id));
  return (
    unreadable === 0 &&
    own !== undefined &&
    isLater(own) &&
    strangers.every((model) => isLater(model) || isEarlier(model))
  );
}
