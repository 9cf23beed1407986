import { openSqliteLedger } from '../../src/ledger/sqlite/index.ts';
import type { Ledger, Range } from '../../src/ledger/port.ts';

/**
 * Does to a ledger, from a seed, whatever workers, vendors and people may do that keeps a bill within its
 * price; run by the tests, several at once. Prints one line: what stopped its claims, by kind.
 */
const [path = '', given = '[]', seed = '0', steps = '0'] = process.argv.slice(2);
const ranges = JSON.parse(given) as readonly Range[];
const ledger = await openSqliteLedger({ path });
const times = { nextPollInMs: 1, giveUpInMs: 1 };
const keyHash = 'key-1';
const stops = new Set<string>();
let state = Number(seed);

/** A whole number below `end`. */
function draw(end: number): number {
  state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor((state / 2_147_483_648) * end);
}

async function claim({ claims }: Ledger): Promise<void> {
  const range = ranges[draw(ranges.length)];
  if (!range) return;
  const worker = String(process.pid);
  const { next } = await claims.claim(range, {
    window: 50,
    postTimeoutMs: 60_000,
    worker,
    keyHash,
  });
  if (next.kind === 'stopped') stops.add(next.reason.kind);
}

async function known(batch: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { submission } of ledger.reports.submissions(batch)) ids.push(submission);
  return ids;
}

function happen(id: string, batch: string): Promise<unknown> {
  const { submissions } = ledger;
  const failure = { reason: 'why', billed: null };
  const events = [
    () => submissions.submitted(id, {}, id, times),
    () => submissions.submitted(id, {}, id, times),
    () => submissions.rejected(id, 'why', draw(2) === 0 ? 'fail' : 'reopen'),
    () => submissions.ambiguous(id, 'why'),
    () => submissions.absent(id, keyHash),
    () => submissions.park(id, 'why'),
    () => submissions.stalled(id, 'why'),
    () => submissions.resolve(id, { kind: 'again', batch }),
    () => submissions.resolve(id, { kind: 'skip' }),
    () => submissions.resolve(id, { kind: 'job', job: {}, jobId: id, ...times }),
    () => submissions.succeeded(id, { outputs: [], billed: draw(2) === 0 ? null : 1 }),
    () => submissions.failed(id, { ...failure, refunded: true }),
    () => submissions.failed(id, { ...failure, refunded: false }),
    () => submissions.failed(id, { ...failure, refunded: 'promised' }),
    () => submissions.settleRefund(id, 'back'),
  ];
  return events[draw(events.length)]?.() ?? Promise.resolve();
}

for (let step = 0; step < Number(steps); step += 1) {
  if (draw(3) === 0) {
    await claim(ledger);
    continue;
  }
  const { batch } = ranges[draw(ranges.length)] ?? { batch: '' };
  const ids = await known(batch);
  const id = ids[draw(ids.length)];
  if (id !== undefined) await happen(id, batch);
}
console.log(JSON.stringify([...stops]));
await ledger.close();
