import { accountName } from '../batch/ids.ts';
import type { AccountUse, BalanceRow, ReportLedger, SubmissionRow } from '../ledger/port.ts';
import { type Amount, formatAmount, type Unit } from '../money.ts';

/** A number reported by the vendor, compared with the ledger's. */
export interface Check {
  readonly account: string;
  /**
   * `bills`: from the jobs' answers. `list`: from the vendor's list of jobs. `balance`: before and
   * after a run.
   */
  readonly kind: 'bills' | 'list' | 'balance';
  readonly agrees: boolean;
  readonly text: string;
}

/** A balance before and after a run, and the ledger's use in between. */
export interface BalanceChange {
  readonly account: string;
  readonly run: number;
  readonly start: Amount;
  readonly end: Amount;
  readonly uses: readonly AccountUse[];
}

/** Changes of the balances that were reported at both moments. */
export async function balanceChanges(
  reports: Pick<ReportLedger, 'balances' | 'accountUse'>,
  batch: string,
): Promise<readonly BalanceChange[]> {
  const rows = await reports.balances(batch);
  const isEndOf = (start: BalanceRow) => (row: BalanceRow) =>
    row.moment === 'end' && row.run === start.run && row.account === start.account;
  const changes: BalanceChange[] = [];
  for (const start of rows.filter(({ moment }) => moment === 'start')) {
    const end = rows.find(isEndOf(start));
    if (!end) continue;
    const { account, run } = start;
    const uses = await reports.accountUse(account, start.at, end.at);
    changes.push({ account, run, start: start.amount, end: end.amount, uses });
  }
  return changes;
}

/** Differences are reported and never corrected: the ledger's sums stay as they are. */
export function checksOf(
  batch: string,
  submissions: readonly SubmissionRow[],
  changes: readonly BalanceChange[],
): readonly Check[] {
  const checks: Check[] = [];
  for (const [account, rows] of Map.groupBy(submissions, (row) => row.account)) {
    const unit = rows[0]?.price.unit ?? 'credits';
    const name = accountName(account);
    const { bills, list } = comparisons;
    for (const [kind, compare] of [['bills', bills] as const, ['list', list] as const]) {
      const reported = rows.flatMap(compare);
      if (reported.length > 0)
        checks.push({ account: name, kind, ...textOf(kind, reported, unit) });
    }
    const moved = changes.filter((change) => change.account === account);
    for (const change of moved)
      checks.push({ account: name, kind: 'balance', ...balanceText(batch, change, unit) });
  }
  return checks;
}

interface Compared {
  readonly key: string;
  readonly reported: Amount;
  readonly ours: Amount;
}

const comparisons = {
  /** The ledger counts a bill as received, so the bill is compared with the price. */
  bills: ({ key, billed, price }: SubmissionRow): readonly Compared[] =>
    billed === null || price.amount === null ? [] : [{ key, reported: billed, ours: price.amount }],
  list: ({ key, listed, spent, reserved }: SubmissionRow): readonly Compared[] =>
    listed === null ? [] : [{ key, reported: listed, ours: spent + reserved }],
};

const keysShown = 3;

function textOf(
  kind: 'bills' | 'list',
  rows: readonly Compared[],
  unit: Unit,
): Pick<Check, 'agrees' | 'text'> {
  const amount = (of: Amount): string => formatAmount(of, unit);
  const sum = (of: 'reported' | 'ours'): Amount => rows.reduce((all, row) => all + row[of], 0);
  const jobs = `${rows.length} job${rows.length === 1 ? '' : 's'}`;
  const lead =
    kind === 'bills'
      ? `${jobs} reported their cost, ${amount(sum('reported'))}`
      : `the vendor's list shows ${amount(sum('reported'))} for ${jobs}`;
  const ours = kind === 'bills' ? 'their prices' : 'the ledger';
  const apart = rows
    .filter(({ reported, ours: counted }) => reported !== counted)
    .toSorted((a, b) => Math.abs(b.reported - b.ours) - Math.abs(a.reported - a.ours));
  if (apart.length === 0) return { agrees: true, text: `${lead}, the same as ${ours}` };
  const shown = apart
    .slice(0, keysShown)
    .map(
      ({ key, reported, ours: counted }) => `${key} ${amount(reported)}, not ${amount(counted)}`,
    );
  const more = apart.length > keysShown ? `; and ${apart.length - keysShown} more` : '';
  const difference = differenceText(sum('reported') - sum('ours'), unit, `than ${ours}`);
  return { agrees: false, text: `${lead}: ${difference} (${shown.join('; ')}${more})` };
}

function balanceText(
  batch: string,
  { run, start, end, uses }: BalanceChange,
  unit: Unit,
): Pick<Check, 'agrees' | 'text'> {
  const sum = (of: readonly AccountUse[]): Amount => of.reduce((all, use) => all + use.amount, 0);
  const isOwn = (use: AccountUse): boolean => use.batch === batch && use.run === run;
  const own = sum(uses.filter(isOwn));
  const others = uses.filter((use) => !isOwn(use));
  const names = [...new Set(others.map((use) => use.batch))].join(', ');
  const amount = (of: Amount): string => formatAmount(of, unit);
  const fell = start - end;
  const moved =
    fell >= 0 ? `fell by ${amount(fell)}` : `rose by ${amount(-fell)} (was it topped up?)`;
  const meanwhile =
    others.length > 0 ? ` and ${amount(sum(others))} for other work meanwhile (${names})` : '';
  const rest = fell - own - sum(others);
  const verdict =
    rest === 0
      ? 'they agree'
      : `${differenceText(rest, unit, 'than the ledger counts')} left the account`;
  return {
    agrees: rest === 0,
    text:
      `the balance ${moved} during run ${run}, from ${amount(start)} to ${amount(end)}; ` +
      `the ledger counts ${amount(own)} for it${meanwhile}: ${verdict}`,
  };
}

function differenceText(difference: Amount, unit: Unit, than: string): string {
  if (difference === 0) return `the sum is the same, single jobs are not`;
  return `${formatAmount(Math.abs(difference), unit)} ${difference > 0 ? 'more' : 'less'} ${than}`;
}
