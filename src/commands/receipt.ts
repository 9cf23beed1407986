import { Command } from 'commander';
import type { SubmissionRow } from '../ledger/port.ts';
import { balanceChanges, checksOf } from '../report/checks.ts';
import { formatReceipt, receiptOf } from '../report/receipt.ts';
import { statusOf } from './engine/follow.ts';
import { openBatch } from './project/project.ts';
import type { Terminal } from '../terminal.ts';

export function receiptCommand(terminal: Terminal): Command {
  return new Command('receipt')
    .description('show the planned, spent, refunded and reserved money of a batch')
    .argument('<batch>', 'name of a batch, or its file')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  shotlist receipt spring-lookbook')
    .action(async (name: string, options: { json?: boolean }) => {
      const { project, row } = await openBatch(terminal, name);
      await using _ = project;
      const submissions: SubmissionRow[] = [];
      for await (const each of project.ledger.reports.submissions(row.batch))
        submissions.push(each);
      const { reports } = project.ledger;
      const { accounts } = await statusOf(project, row.batch);
      const changes = await balanceChanges(reports, row.batch);
      const checks = checksOf(row.batch, submissions, changes);
      terminal.print(
        options.json
          ? JSON.stringify(receiptOf(row.batch, accounts, submissions, checks))
          : formatReceipt(row.batch, accounts, submissions, checks),
      );
    });
}
