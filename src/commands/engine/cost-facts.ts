import { setTimeout as delay } from 'node:timers/promises';
import { providerOf } from '../../accounts/provider.ts';
import type { AccountConfig } from '../../config/accounts.ts';
import { clockSlackMs } from '../../http/server-clock.ts';
import type { BatchRow, SubmissionRow } from '../../ledger/port.ts';
import type { Amount } from '../../money.ts';
import type { Provider } from '../../providers/port.ts';
import type { Project } from '../project/project.ts';

/** Maximum wait for optional facts at the start and end of a run. Later answers are dropped. */
const startPatienceMs = 2_000;
const endPatienceMs = 5_000;

/**
 * Records the balances of a run's accounts for the receipt. Skips a vendor that reports no balance,
 * has no free slot, or is slow.
 * @returns when all vendors have answered, or at the time limit
 */
export async function noteStart(project: Project, row: BatchRow): Promise<void> {
  await withPatience(startPatienceMs, async (isInTime) => {
    const accounts = await accountsOf(project, row);
    await Promise.all(
      accounts.map(async (account) => {
        await noteBalance(project, row, account, 'start', isInTime);
      }),
    );
  });
}

/**
 * Records, at the end of a run, the vendors' lists of jobs. Records balances for accounts with a
 * start balance.
 */
export async function noteEnd(project: Project, row: BatchRow): Promise<void> {
  const { reports } = project.ledger;
  await withPatience(endPatienceMs, async (isInTime) => {
    const known = (await reports.balances(row.batch)).filter(({ run }) => run === row.run);
    const isOpen = ({ key }: AccountConfig): boolean => {
      const reported = known.filter(({ account }) => account === key);
      return reported.length === 1 && reported[0]?.moment === 'start';
    };
    const accounts = await accountsOf(project, row);
    const jobs = await jobsOf(project, row);
    await Promise.all(
      accounts.map(async (account) => {
        if (isOpen(account)) await noteBalance(project, row, account, 'end', isInTime);
        await noteList(project, account, jobs.get(account.key) ?? [], isInTime);
      }),
    );
  });
}

async function withPatience(
  limitMs: number,
  work: (isInTime: () => boolean) => Promise<void>,
): Promise<void> {
  let inTime = true;
  // Calls that need the vendor's answer report its errors.
  const working = work(() => inTime).catch(() => undefined);
  const patience = new AbortController();
  await Promise.race([
    working,
    delay(limitMs, undefined, { signal: patience.signal }).catch(() => undefined),
  ]);
  inTime = false;
  patience.abort();
}

async function accountsOf(project: Project, row: BatchRow): Promise<readonly AccountConfig[]> {
  const status = await project.ledger.reports.status(row.batch);
  const keys = new Set(status?.accounts.map(({ account }) => account));
  return [...project.config.accounts.values()].filter(({ key }) => keys.has(key));
}

async function noteBalance(
  project: Project,
  { batch, run }: BatchRow,
  account: AccountConfig,
  moment: 'start' | 'end',
  isInTime: () => boolean,
): Promise<void> {
  const provider = await freeProvider(project, account);
  const reported = await provider?.verify();
  if (reported?.balance == null || !isInTime()) return;
  const balance = { account: account.key, run, moment, amount: reported.balance };
  await project.ledger.batches.noteBalance(batch, balance);
}

async function noteList(
  project: Project,
  account: AccountConfig,
  jobs: readonly SubmissionRow[],
  isInTime: () => boolean,
): Promise<void> {
  if (jobs.length === 0) return;
  const provider = await freeProvider(project, account);
  if (!provider?.listJobs) return;
  const times = jobs.map(({ claimedAt }) => claimedAt);
  const since = Math.min(...times) - clockSlackMs;
  const listed = await provider.listJobs(since, Math.max(...times) + 2 * clockSlackMs);
  const bills = listed.entries.flatMap(({ id, billed }): { jobId: string; billed: Amount }[] =>
    billed === null ? [] : [{ jobId: id, billed }],
  );
  if (bills.length > 0 && isInTime())
    await project.ledger.submissions.noteListed(account.key, bills);
}

/** The vendor, unless a call would take a rate slot from paid work. */
async function freeProvider(
  { ledger }: Project,
  account: AccountConfig,
): Promise<Provider | undefined> {
  const { counts, perMinute } = account.limits;
  const provider = providerOf(account);
  if (!provider || counts === 'paid' || perMinute === undefined) return provider;
  return (await ledger.claims.takeCallSlot(account.key)) === 0 ? provider : undefined;
}

/** Generation jobs of the run with a known id, by account. */
async function jobsOf(
  { ledger }: Project,
  row: BatchRow,
): Promise<ReadonlyMap<string, readonly SubmissionRow[]>> {
  const jobs: SubmissionRow[] = [];
  for await (const submission of ledger.reports.submissions(row.batch))
    if (
      submission.claimedAt >= row.startedAt &&
      submission.jobId !== null &&
      submission.operation === 'generate'
    )
      jobs.push(submission);
  return Map.groupBy(jobs, ({ account }) => account);
}
