import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteLedger } from '../../src/ledger/sqlite/index.ts';
import { ledgerSuite } from './suite.ts';

ledgerSuite(async ({ now }) => {
  const folder = await mkdtemp(join(tmpdir(), 'shotlist-ledger-'));
  const path = join(folder, 'ledger.db');
  let ledger = await openSqliteLedger({ path, now });
  return {
    ledger,
    reopen: async () => {
      await ledger.close();
      ledger = await openSqliteLedger({ path, now });
      return ledger;
    },
    close: async () => {
      await ledger.close();
      await rm(folder, { recursive: true });
    },
  };
});
