import { Command } from 'commander';
import type { AccountFacts } from '../accounts/facts.ts';
import { LearnedAccounts } from '../accounts/learned.ts';
import { noKey, providerOf } from '../accounts/provider.ts';
import type { AccountConfig } from '../config/accounts.ts';
import { type Config, loadConfig } from '../config/config.ts';
import type { AccountTotals } from '../ledger/port.ts';
import { decimalFromAmount, formatAmount } from '../money.ts';
import type { Verification } from '../providers/port.ts';
import type { AccountsDocument } from './json/accounts.ts';
import { ageOf } from './text/age.ts';
import { hasLedger, openProject } from './project/project.ts';
import { standingBudget } from './text/standing-budget.ts';
import { alignColumns } from './text/table.ts';
import { accountOf } from './vendor/vendor-call.ts';
import type { Terminal } from '../terminal.ts';

interface AccountsOptions {
  offline?: boolean;
  acceptKey?: string;
  json?: boolean;
}

/** All known facts about one account, except its key. */
interface Standing {
  readonly account: AccountConfig;
  /** Undefined without a key, and with `--offline`. */
  readonly verified: Verification | undefined;
  /** Undefined where no batch has run in this project yet. */
  readonly totals: AccountTotals | undefined;
  readonly facts: AccountFacts | undefined;
}

export function accountsCommand(terminal: Terminal): Command {
  return new Command('accounts')
    .description('show keys, balances, limits, budgets and spending of the accounts')
    .option('--offline', 'do not ask the vendors to check the keys')
    .option('--accept-key <account>', 'its new key is of the same vendor account as before')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  shotlist accounts\n  shotlist accounts --offline --json\n' +
        '  shotlist accounts --accept-key acme',
    )
    .action(async (options: AccountsOptions) => {
      const config = loadConfig(terminal.environment, terminal.folder);
      if (options.acceptKey !== undefined) await acceptKey(terminal, config, options.acceptKey);
      const standings = await standingsOf(terminal, config, options.offline ?? false);
      if (options.json)
        terminal.print(
          JSON.stringify({ accounts: standings.map(standingJson) } satisfies AccountsDocument),
        );
      else terminal.print(accountTable(standings).join('\n'));
    });
}

/** Accepts a key where the vendor shows nothing that would prove it. */
async function acceptKey(terminal: Terminal, config: Config, name: string): Promise<void> {
  const account = accountOf(config, name);
  if (account.apiKey === undefined) throw noKey(account);
  await using project = await openProject(terminal, config);
  const { keys } = project.ledger;
  await keys.accept(account.key, keys.hash(account.apiKey, account.baseUrl));
  terminal.say(`the key in ${account.keyVariable} counts as a key of ${name} from now on`);
}

async function standingsOf(
  terminal: Terminal,
  config: Config,
  offline: boolean,
): Promise<readonly Standing[]> {
  const accounts = [...config.accounts.values()];
  const verified = await Promise.all(
    accounts.map(async (account) => (offline ? undefined : await providerOf(account)?.verify())),
  );
  await using project = hasLedger(config) ? await openProject(terminal, config) : undefined;
  const totals = (await project?.ledger.reports.accounts()) ?? [];
  const learned = project && new LearnedAccounts({ ledger: project.ledger.learned, accounts });
  await learned?.load();
  return accounts.map((account, index) => ({
    account,
    verified: verified[index],
    totals: totals.find((each) => each.account === account.key),
    facts: learned?.of(account.key),
  }));
}

function standingJson({
  account,
  verified,
  totals,
  facts,
}: Standing): AccountsDocument['accounts'][number] {
  const { vendor, limits, budget } = account;
  const { unit } = vendor;
  const decimal = (amount: number) => decimalFromAmount(amount, unit);
  return {
    account: account.name,
    vendor: vendor.id,
    unit,
    baseUrl: account.baseUrl,
    key: {
      variable: account.keyVariable,
      set: account.keyProblem?.isSet ?? true,
      state: account.keyProblem?.isSet ? 'malformed' : (verified?.key ?? null),
      message: account.keyProblem?.isSet ? account.keyProblem.why : (verified?.message ?? null),
    },
    balance: typeof verified?.balance === 'number' ? decimal(verified.balance) : null,
    limits: {
      perMinute: limits.perMinute ?? null,
      inFlight: limits.inFlight,
      counts: limits.counts,
    },
    budget: budget
      ? {
          amount: decimal(budget.amount),
          period: budget.period,
          used: decimal(totals?.used[budget.period] ?? 0),
        }
      : null,
    spent: decimal(totals?.spent ?? 0),
    reserved: decimal(totals?.reserved ?? 0),
    learned: {
      modelsAt: isoOf(facts?.modelsAt),
      quotes: facts?.quotes ?? 0,
      quotedLast: isoOf(facts?.quotedLast || undefined),
    },
  };
}

function isoOf(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}

function accountTable(standings: readonly Standing[]): string[] {
  const header = [
    'ACCOUNT',
    'VENDOR',
    'KEY',
    'BALANCE',
    'LIMITS',
    'SPENT',
    'RESERVED',
    'BUDGET',
    'TOLD',
  ];
  const rows = standings.map((standing) => {
    const { account, verified, totals } = standing;
    const { unit } = account.vendor;
    return [
      account.name,
      account.vendor.title,
      keyText(standing),
      typeof verified?.balance === 'number' ? formatAmount(verified.balance, unit) : '-',
      limitsText(account),
      formatAmount(totals?.spent ?? 0, unit),
      formatAmount(totals?.reserved ?? 0, unit),
      budgetText(standing),
      toldText(standing),
    ];
  });
  const problems = standings.flatMap(({ account, verified }) => {
    if (account.keyProblem?.isSet) return [`${account.name}: ${account.keyProblem.why}`];
    return verified && verified.key !== 'good' ? [`${account.name}: ${verified.message}`] : [];
  });
  return [...alignColumns([header, ...rows]), ...problems];
}

function keyText({ account, verified }: Standing): string {
  const { keyVariable, keyProblem } = account;
  if (keyProblem) return `${keyVariable} ${keyProblem.isSet ? 'malformed' : 'is not set'}`;
  return `${keyVariable} ${verified?.key ?? 'is set'}`;
}

function limitsText({ limits: { perMinute, inFlight, counts } }: AccountConfig): string {
  if (perMinute === undefined) return `${inFlight} at once`;
  return `${inFlight} at once, ${perMinute} ${counts === 'paid' ? 'paid ' : ''}requests a minute`;
}

function budgetText({ account: { budget, vendor }, totals }: Standing): string {
  if (!budget) return '-';
  const used = decimalFromAmount(totals?.used[budget.period] ?? 0, vendor.unit);
  return `${used} of ${standingBudget(budget, vendor.unit)}`;
}

/** Age of the vendor's model list, and number of quoted prices. */
function toldText({ facts }: Standing): string {
  const reported: string[] = [];
  if (facts?.modelsAt !== undefined)
    reported.push(`models ${ageOf(Date.now() - facts.modelsAt)} ago`);
  if (facts && facts.quotes > 0)
    reported.push(`${facts.quotes} price${facts.quotes === 1 ? '' : 's'}`);
  return reported.join(', ') || '-';
}
