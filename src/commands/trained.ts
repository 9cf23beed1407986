import type { Command } from 'commander';
import { offerOf } from '../accounts/catalogue.ts';
import type { AccountConfig } from '../config/accounts.ts';
import { formatAmount } from '../money.ts';
import type { Terminal } from '../terminal.ts';
import { thingsCommand } from './vendor/vendor-things.ts';

export function trainedCommand(terminal: Terminal): Command {
  return thingsCommand(terminal, {
    name: 'trained',
    description: 'list or delete the trained models of an account at its vendor',
    noun: 'trained model',
    advice: 'Delete the uploads first: some vendors list images only by their model.',
    open: ({ train }) => train,
    later: (account) =>
      `A later batch that needs one trains it again, for ${priceOf(account)} each; images made with it stay`,
    forget: (remotes, account, id) => remotes.forgetModel(account, id),
  });
}

function priceOf(account: AccountConfig): string {
  const { amount, unit } = offerOf(account).trainingPrice(account.prices);
  return amount === null ? 'an unknown price' : formatAmount(amount, unit);
}
