import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteLedger } from '../../src/ledger/sqlite/index.ts';
import type { Range } from '../../src/ledger/port.ts';

/** Claims a range until the ledger stops it, printing each grant; run by the tests, several at once. */
const [path, text] = process.argv.slice(2);
const range = JSON.parse(text ?? '') as Range;
const ledger = await openSqliteLedger({ path: path ?? '' });
for (;;) {
  const { granted, next } = await ledger.claims.claim(range, {
    window: 3,
    postTimeoutMs: 60_000,
    keyHash: 'key-1',
    worker: String(process.pid),
  });
  for (const { submission, key } of granted) {
    console.log(key);
    await ledger.submissions.submitted(submission, {}, submission, {
      nextPollInMs: 1_000,
      giveUpInMs: 1_000,
    });
  }
  if (next.kind === 'stopped') break;
  if (next.kind === 'wait') await sleep(Math.min(next.ms, 5));
}
await ledger.close();
