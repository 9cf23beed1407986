import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { thingsCommand } from './vendor/vendor-things.ts';

export function uploadsCommand(terminal: Terminal): Command {
  return thingsCommand(terminal, {
    name: 'uploads',
    description: 'list or delete the uploaded files of an account at its vendor',
    noun: 'upload',
    open: ({ files }) => files,
    later: () => 'A later batch that needs one uploads it again, which costs nothing',
    forget: (remotes, account, id) => remotes.forgetUploads(account, [id]),
  });
}
