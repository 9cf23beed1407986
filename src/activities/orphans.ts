import { noLane } from '../ledger/rules/lane-name.ts';
import type { AccountAccess, ActivityDependencies } from './dependencies.ts';
import { recordFailure, recordSuccess } from './poll-job.ts';
import type { Due } from '../ledger/port.ts';
import { readAhead, vendorOf } from './reconcile/candidates.ts';
import { settle } from './reconcile/settle.ts';

/** Orphaned work of a batch, by account; `runShots` collects it like any range. */
export interface OrphanedWork {
  readonly lane: string;
  readonly account: string;
  readonly accountName: string;
}

/**
 * Orphaned work of the batch: jobs of shots that changed or left, files of cancelled shots, stalled
 * jobs, and lost files due for another try.
 */
export async function orphanedWork(
  deps: ActivityDependencies,
  batch: string,
): Promise<readonly OrphanedWork[]> {
  const { submissions } = deps.ledger;
  const accounts = new Set(await submissions.accountsWithOrphans(batch));
  for (const account of deps.lanes.keys()) {
    const range = { batch, run: 0, lane: noLane, account, from: 0, to: 0 };
    if ((await submissions.lostOutputs({ range })).length > 0) accounts.add(account);
  }
  return [...accounts].flatMap((account) => {
    const known = deps.lanes.get(account);
    if (!known) logUnconfigured(deps, batch, account);
    return known ? [{ lane: noLane, account, accountName: known.name }] : [];
  });
}

export function logUnconfigured(
  { log }: Pick<ActivityDependencies, 'log'>,
  batch: string,
  account: string,
): void {
  log(
    `${batch} has paid work at ${account}, which is no account of shotlist.yaml any more: it is ` +
      'fetched once the account has its name and address again',
  );
}

/** Polls stalled jobs once more. A job that has ended since is settled like any other. */
export async function pollStalled(
  deps: ActivityDependencies,
  access: AccountAccess,
  batch: string,
): Promise<void> {
  const { submissions } = deps.ledger;
  for (const stalled of await submissions.stalledJobs(batch, access.key)) {
    try {
      const state = await access.provider.check(stalled.job);
      if (state.state === 'succeeded') await recordSuccess(deps, access, stalled, state);
      if (state.state === 'failed') await recordFailure(deps, stalled, state);
    } catch (error) {
      deps.log(`a stalled job at ${access.name}: ${access.provider.classify(error).message}`);
    }
  }
}

/** Requests of so long a time share a list. */
const togetherMs = 5 * 60_000;

function byTime(parked: Due['ambiguous']): Due['ambiguous'][number][][] {
  const groups: Due['ambiguous'][number][][] = [];
  for (const ambiguous of parked.toSorted((a, b) => a.claimedAt - b.claimedAt)) {
    const group = groups.at(-1);
    const first = group?.[0];
    if (first && ambiguous.claimedAt - first.claimedAt < togetherMs) group.push(ambiguous);
    else groups.push([ambiguous]);
  }
  return groups;
}

/**
 * Reads the job list again for parked requests. Newer jobs, or jobs that a person has assigned
 * since, may settle them. They are then adopted or sent again as usual.
 */
export async function settleParked(
  deps: ActivityDependencies,
  access: AccountAccess,
  batch: string,
): Promise<void> {
  const { submissions } = deps.ledger;
  if (!access.provider.listJobs) return;
  const parked = await submissions.parkedWithoutJob(batch, access.key);
  for (const together of byTime(parked)) {
    // If it cannot be read, each lookup reads a list itself.
    await readAhead(vendorOf(deps, access, 0), together).catch(() => undefined);
    for (const ambiguous of together)
      await settle(deps, access, ambiguous).catch((error: unknown) =>
        deps.log(`a parked request at ${access.name}: ${access.provider.classify(error).message}`),
      );
  }
  const left = await submissions.parkedWithoutJob(batch, access.key);
  if (left.length < parked.length) await deps.requestReplan(batch);
}
