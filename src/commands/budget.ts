import { Command } from 'commander';
import { accountName } from '../batch/ids.ts';
import { UserError } from '../errors.ts';
import type { AccountMoney, BatchRow } from '../ledger/port.ts';
import {
  type Amount,
  amountFromDecimal,
  decimalFromAmount,
  formatAmount,
  type Unit,
} from '../money.ts';
import { statusOf } from './engine/follow.ts';
import type { BudgetDocument } from './json/steering.ts';
import { openBatch, type Project } from './project/project.ts';
import { notifyWorkflow } from './engine/notify-workflow.ts';
import type { Terminal } from '../terminal.ts';

export function budgetCommand(terminal: Terminal): Command {
  return new Command('budget')
    .description('change the budget of a batch at one account, also while it runs')
    .argument('<batch>', 'name of a batch, or its file')
    .argument('<account>', 'name of an account, such as acme')
    .argument('<amount>', 'maximum spending of the batch there, such as "1200 credits"')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nThe next new run uses the budget in the file again. The standing budget of an account is in\n' +
        "shotlist.yaml.\n\nExample:\n  shotlist budget spring-lookbook acme '1200 credits'",
    )
    .action((batch: string, account: string, amount: string, options: { json?: boolean }) =>
      setBudget(terminal, { batch, account, amount }, options.json ?? false),
    );
}

async function setBudget(
  terminal: Terminal,
  asked: { batch: string; account: string; amount: string },
  json: boolean,
): Promise<void> {
  const { project, row } = await openBatch(terminal, asked.batch);
  await using _ = project;
  requireActive(project, row);
  const { accounts } = await statusOf(project, row.batch);
  const money = accountOf(accounts, asked.account, row.batch);
  const { account, unit } = money;
  const cap = amountOf(asked.amount, unit, asked.account);
  await project.ledger.batches.setBudget(row.batch, account, unit, cap);
  const isRunning = await notifyWorkflow(project.config, row.batch, {
    kind: 'wake',
    reopened: false,
  });
  const used = money.spent + money.reserved + money.ambiguous;
  const next = isRunning ? [] : [project.continueCommand(row)];
  if (json) {
    const decimal = (amount: Amount): string => decimalFromAmount(amount, unit);
    const about = { batch: row.batch, account: asked.account, unit };
    terminal.print(
      JSON.stringify({
        ...about,
        cap: decimal(cap),
        used: decimal(used),
        running: isRunning,
        next,
      } satisfies BudgetDocument),
    );
    return;
  }
  terminal.print(
    `${row.batch} may spend ${formatAmount(cap, unit)} at ${asked.account}; ` +
      `${formatAmount(used, unit)} of it spent or reserved`,
  );
  terminal.say(
    `A new run uses the budget in ${project.fileOf(row)} again: change it there as well.`,
  );
  if (used >= cap) terminal.say('This budget is used up: no more requests are sent there.');
  if (!isRunning) terminal.say(`No worker runs it now. Continue with: ${next.join('')}`);
}

function requireActive(project: Project, row: BatchRow): void {
  const { batch, state } = row;
  if (state === 'running' || state === 'paused') return;
  throw new UserError(`${batch} is ${state}; a new run uses the budget in the file`, {
    next: [`change budget: in ${project.fileOf(row)}, then: ${project.runCommand(row)}`],
  });
}

function accountOf(accounts: readonly AccountMoney[], name: string, batch: string): AccountMoney {
  const found = accounts.find(({ account }) => accountName(account) === name);
  if (found) return found;
  throw new UserError(`${batch} does not use an account ${name}`, {
    next: [`accounts of ${batch}: ${accounts.map((each) => accountName(each.account)).join(', ')}`],
  });
}

/** @throws UserError when the unit is not the account's, since nothing is converted */
function amountOf(text: string, unit: Unit, account: string): Amount {
  const match = /^([\d.]+)\s+([a-z]+)$/i.exec(text.trim());
  if (!match || match[2] !== unit)
    throw new UserError(`${text} is not an amount in ${unit}, the unit of ${account}`, {
      next: [`write it as '1200 ${unit}'`],
    });
  return amountFromDecimal(match[1] ?? '', unit);
}
