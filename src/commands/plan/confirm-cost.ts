import { UserError } from '../../errors.ts';
import type { BatchPlan } from './plan-batch.ts';
import { costText } from './plan-format.ts';
import type { Terminal } from '../../terminal.ts';

export interface Consent {
  /** Accepts the plan and its sum, but no unknown price. */
  readonly yes: boolean;
  readonly unknownPrices: boolean;
}

/**
 * Asks only the questions that the command line did not answer. Asks nothing when nothing has to be
 * paid.
 * @returns whether unknown prices are accepted
 * @throws UserError when there is no terminal to ask on, or the answer is no
 */
export async function confirmCost(
  terminal: Terminal,
  plan: BatchPlan,
  { yes, unknownPrices }: Consent,
): Promise<boolean> {
  if (requestsOf(plan) === 0) return unknownPrices;
  const unknown = [...plan.cost.values()].filter((cost) => cost.unknown > 0);
  const mustAsk = unknown.length > 0 && !unknownPrices;
  if (mustAsk) {
    if (yes)
      throw new UserError('neither --yes nor --plan accepts unknown prices; add --unknown-prices', {
        next: ['or give prices: in shotlist.yaml'],
      });
    await confirm(terminal, `${unknown.map(costText).join('; ')}. Run them anyway?`);
  }
  if (!yes) {
    const cost = [...plan.cost.values()].map(costText).join(', ');
    await confirm(terminal, `Spend up to ${cost}?`);
  }
  return unknownPrices || mustAsk;
}

/** Paid requests, trainings included. */
export function requestsOf(plan: BatchPlan): number {
  return [...plan.cost.values()].reduce((sum, cost) => sum + cost.requests, 0);
}

async function confirm(terminal: Terminal, question: string): Promise<void> {
  if (!terminal.isInteractive)
    throw new UserError('this run costs money and there is no terminal to ask on', {
      next: ['accept the plan with --yes'],
    });
  const answer = await terminal.ask(`${question}  [y/N]`);
  if (!/^y(es)?$/i.test(answer)) throw new UserError('nothing was sent', { exitCode: 4 });
}
