import type { Unit } from '../money.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { checkLedger, type RunInput } from './own-work.ts';

/** What a command tells a running batch; it has written the same to the ledger before. */
export type BatchMessage =
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'cancel' }
  | {
      readonly kind: 'setBudget';
      readonly account: string;
      readonly unit: Unit;
      readonly cap: number;
    };

export interface ApplyMessageInput extends RunInput {
  readonly message: BatchMessage;
}

/** Repeats the command's write, for callers that speak to Temporal only. Idempotent. */
export async function applyMessage(
  deps: ActivityDependencies,
  input: ApplyMessageInput,
): Promise<void> {
  checkLedger(deps, input);
  const { batches } = deps.ledger;
  const { batch, message } = input;
  switch (message.kind) {
    case 'pause':
      await batches.setState(batch, 'paused', ['running']);
      return;
    case 'resume':
      await batches.setState(batch, 'running', ['paused']);
      return await batches.clearHolds(batch);
    case 'cancel':
      await batches.setState(batch, 'cancelled', ['running', 'paused']);
      return;
    case 'setBudget':
      return await batches.setBudget(batch, message.account, message.unit, message.cap);
  }
}
