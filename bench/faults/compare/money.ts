import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accountName } from '../../../src/batch/ids.ts';
import type { AccountMoney, SubmissionRow } from '../../../src/ledger/port.ts';
import { amountFromDecimal, type Unit } from '../../../src/money.ts';
import type { Receipt } from '../../../src/report/receipt.ts';
import { batch } from '../crew.ts';
import { type Entry, type Evidence, vendorOf } from './evidence.ts';

/** The money of all accounts that lead to one vendor: one that was renamed, or is reached by another name. */
interface Purse {
  readonly vendor: string;
  readonly unit: Unit;
  readonly accounts: readonly AccountMoney[];
  readonly rows: readonly SubmissionRow[];
  /** What was accepted without a price is in no cap and in no sum. */
  readonly isPriced: boolean;
  /** By the vendor's own prices, and kept. */
  readonly charged: number;
}

function pursesOf({ ledger, entries }: Evidence): Purse[] {
  const groups = Map.groupBy(ledger.money, ({ account }) => vendorOf(account));
  return [...groups].map(([vendor, accounts]) => {
    const unit = accounts[0]?.unit ?? 'credits';
    const rows = ledger.submissions.filter(({ account }) => vendorOf(account) === vendor);
    const own = entries.filter((entry) => entry.vendor === vendor);
    const isPriced = rows.every(({ price }) => price.amount !== null);
    return {
      vendor,
      unit,
      accounts,
      rows,
      isPriced,
      charged: sum(own.filter(isKept), costIn(unit)),
    };
  });
}

const isKept = ({ refunded }: Entry): boolean => !refunded;

/** The simulator counts in credits; of those that bill in dollars a credit is a thousandth. */
const costIn =
  (unit: Unit) =>
  ({ cost }: Entry): number =>
    unit === 'usd' ? Math.round(cost * 1_000) : amountFromDecimal(cost.toFixed(3), unit);

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

/** What was charged and kept, but for what gateways sent again, against what was accepted or capped below it. */
export function overrunsIn(evidence: Evidence): string[] {
  return pursesOf(evidence).flatMap(({ vendor, accounts, isPriced, unit, charged: all }) => {
    if (!isPriced) return [];
    const twins = [...evidence.twins].filter((entry) => entry.vendor === vendor && isKept(entry));
    const charged = all - sum(twins, costIn(unit));
    const limit = sum(accounts, ({ account, cap }) =>
      Math.min(evidence.ledger.accepted.get(account) ?? 0, cap ?? Infinity),
    );
    return charged > limit ? [`${vendor} was charged ${charged} of ${limit}`] : [];
  });
}

/** The ledger's spent and undecided money covers what the vendor charged, and is no more when all is decided. */
export function moneyDiffers(evidence: Evidence): string[] {
  const { entries } = evidence;
  return pursesOf(evidence).flatMap(({ vendor, accounts, rows, isPriced, charged }) => {
    const spent = sum(accounts, (each) => each.spent);
    const open = sum(accounts, ({ ambiguous, reserved }) => ambiguous + reserved);
    const promised = sum(accounts, (each) => each.promised);
    if (!isPriced) return [];
    if (charged > spent + open)
      return [`${vendor} charged ${charged}, but the ledger accounts for ${spent + open}`];
    // Of these nobody knows whether the vendor carried them out.
    const givenUp = spentOn(
      rows.filter(({ state, jobId }) => state === 'failed' && jobId === null),
    );
    const most = spent - refundedUntold(entries, rows);
    return open + promised === 0 && (charged > most || charged < most - givenUp)
      ? [`${vendor} charged ${charged}, but the ledger says that ${spent} were spent`]
      : [];
  });
}

/** A training that was charged is spent, or still held for. */
export function trainingsReleased({ entries, ledger }: Evidence): string[] {
  const rows = ledger.submissions.filter(({ operation }) => operation === 'train');
  const charged = sum(
    entries.filter((entry) => entry.kind === 'train' && isKept(entry)),
    costIn('credits'),
  );
  const held = sum(rows, ({ reserved, spent }) => reserved + spent);
  return charged > held
    ? [`trainings were charged ${charged}, but the ledger holds ${held} for them`]
    : [];
}

/** What counts as spent though the vendor gave it back, without telling. */
function refundedUntold(entries: readonly Entry[], rows: readonly SubmissionRow[]): number {
  const refunded = new Set(entries.filter((entry) => entry.refunded).map(({ id }) => id));
  return spentOn(rows.filter(({ jobId }) => refunded.has(jobId ?? '')));
}

const spentOn = (rows: readonly SubmissionRow[]): number => sum(rows, ({ spent }) => spent);

export function receiptDiffers({ folder, ledger }: Evidence): string[] {
  const path = join(folder, 'out', batch, 'receipt.json');
  if (!existsSync(path)) return ['there is no receipt'];
  const receipt = JSON.parse(readFileSync(path, 'utf8')) as Receipt;
  return ledger.money.flatMap(({ account, unit, spent }) => {
    const lines = receipt.accounts.filter((each) => each.account === accountName(account));
    const reported = sum(lines, (line) => amountFromDecimal(line.spent, unit));
    const same = ledger.money.filter((each) => accountName(each.account) === accountName(account));
    const counted = same.length > 1 ? sum(same, (each) => each.spent) : spent;
    return reported === counted
      ? []
      : [`the receipt says ${reported} of ${account}, the ledger ${counted}`];
  });
}
