import type { AccountMoney, BatchStatus, ReportLedger } from '../../ledger/port.ts';
import type { Amount } from '../../money.ts';

/**
 * For each account where the batch's budget is used up: the budget with which this run can end. It
 * covers the open shots, and what the accepted plan has not paid yet, as for steps not planned yet.
 */
export async function neededCaps(
  reports: Pick<ReportLedger, 'shots' | 'accountUse'>,
  { row, accounts, stops }: BatchStatus,
): Promise<ReadonlyMap<string, Amount>> {
  const needed = new Map<string, Amount>();
  for (const money of accounts) {
    const { account, spent, reserved, ambiguous } = money;
    const isUsedUp = stops.some(
      (stop) => stop.kind === 'budget' && stop.scope === 'batch' && stop.account === account,
    );
    if (!isUsedUp) continue;
    let open = 0;
    for await (const { price } of reports.shots(row.batch, { states: ['open'], account }))
      open += price.amount ?? 0;
    const unpaid = acceptedOnce(money, row) - (await usedInRun(reports, row, account));
    needed.set(account, spent + reserved + ambiguous + Math.max(open, unpaid));
  }
  return needed;
}

/** The price of the accepted plan without its paid retries. */
function acceptedOnce({ planned }: AccountMoney, { policy }: BatchStatus['row']): Amount {
  return Math.floor(planned / (1 + policy.paidRetries));
}

async function usedInRun(
  reports: Pick<ReportLedger, 'accountUse'>,
  { batch, run, startedAt }: BatchStatus['row'],
  account: string,
): Promise<Amount> {
  const uses = await reports.accountUse(account, startedAt, Number.MAX_SAFE_INTEGER);
  return uses
    .filter((use) => use.batch === batch && use.run === run)
    .reduce((sum, { amount }) => sum + amount, 0);
}
