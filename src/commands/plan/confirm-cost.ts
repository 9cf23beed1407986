import { UserError } from '../../errors.ts';
import type { AccountCost, BatchPlan } from './plan-batch.ts';
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
  runCommand: string,
): Promise<boolean> {
  if (requestsOf(plan) === 0) return unknownPrices;
  const unknown = unknownCosts(plan);
  const mustAsk = unknown.length > 0 && !unknownPrices;
  const accept = `accept the plan with: ${runCommand} ${acceptingOptions(plan)}`;
  if (mustAsk) {
    if (yes)
      throw new UserError('neither --yes nor --plan accepts unknown prices; add --unknown-prices', {
        next: [accept, 'or give prices: in shotlist.yaml'],
      });
    await confirm(terminal, `${unknown.map(costText).join('; ')}. Run them anyway?`, accept);
  }
  if (!yes) {
    const cost = [...plan.cost.values()].map(costText).join(', ');
    await confirm(terminal, `Spend up to ${cost}?`, accept);
  }
  return unknownPrices || mustAsk;
}

/** The options of `run` that accept exactly this plan without a question. */
export function planOptions(plan: BatchPlan): string {
  return `--plan ${plan.id}${unknownOption(plan)}`;
}

/** The options of `run` that accept such a plan. `--yes` never pays again for paid work. */
function acceptingOptions(plan: BatchPlan): string {
  return plan.paidElsewhere.length > 0 ? planOptions(plan) : `--yes${unknownOption(plan)}`;
}

function unknownOption(plan: BatchPlan): string {
  return unknownCosts(plan).length > 0 ? ' --unknown-prices' : '';
}

function unknownCosts(plan: BatchPlan): readonly AccountCost[] {
  return [...plan.cost.values()].filter(({ unknown }) => unknown > 0);
}

/** Paid requests, trainings included. */
export function requestsOf(plan: BatchPlan): number {
  return [...plan.cost.values()].reduce((sum, cost) => sum + cost.requests, 0);
}

async function confirm(terminal: Terminal, question: string, accept: string): Promise<void> {
  if (!terminal.isInteractive)
    throw new UserError('this run costs money and there is no terminal to ask on', {
      next: [accept],
    });
  const answer = await terminal.ask(`${question}  [y/N]`);
  if (!/^y(es)?$/i.test(answer)) throw new UserError('nothing was sent', { exitCode: 4 });
}
