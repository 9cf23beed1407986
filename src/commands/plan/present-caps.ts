import type { AccountConfig } from '../../config/accounts.ts';
import type { Amount } from '../../money.ts';
import type { Project } from '../project/project.ts';

type StandingBudget = NonNullable<AccountConfig['budget']> & { readonly used: Amount };

/** The caps of a batch before its plan runs, and what is used of them. */
export interface PresentCaps {
  /** Amounts that the batch has already used of its budgets, by the ledger's account key. */
  readonly used: ReadonlyMap<string, Amount>;
  /** Present caps of a run that has not ended, by the ledger's account key. */
  readonly caps: ReadonlyMap<string, Amount>;
  /** What all batches have used of the standing budgets in this period, by the ledger's account key. */
  readonly standing: ReadonlyMap<string, StandingBudget>;
}

export async function presentCaps(
  { ledger, config }: Project,
  batch: string,
): Promise<PresentCaps> {
  const sums = new Map((await ledger.reports.accounts()).map((each) => [each.account, each.used]));
  const status = await ledger.reports.status(batch);
  const accounts = status?.accounts ?? [];
  const isActive = status?.row.state === 'running' || status?.row.state === 'paused';
  return {
    used: new Map(
      accounts.map(({ account, spent, reserved, ambiguous }) => [
        account,
        spent + reserved + ambiguous,
      ]),
    ),
    caps: new Map(
      accounts.flatMap(({ account, cap }) => (isActive && cap !== null ? [[account, cap]] : [])),
    ),
    standing: new Map(
      [...config.accounts.values()].flatMap(({ key, budget }) =>
        budget ? [[key, { ...budget, used: sums.get(key)?.[budget.period] ?? 0 }]] : [],
      ),
    ),
  };
}
