import { clockSlackMs, serverAheadMs } from '../../http/server-clock.ts';
import type { ListedJob, Listing, Provider } from '../../providers/port.ts';

interface Span {
  /** Epoch milliseconds by the local clock. */
  readonly from: number;
  readonly to: number;
}

export interface Dated {
  readonly job: ListedJob;
  readonly madeAt: number | null;
}

/** A job without a readable time may be of any time. */
export const isOfTime =
  ({ from, to }: Span) =>
  ({ madeAt }: Pick<Dated, 'madeAt'>): boolean =>
    madeAt === null || (madeAt >= from - clockSlackMs && madeAt <= to + clockSlackMs);

/**
 * The vendor's jobs in a time span of the local clock, which may differ from the vendor's clock.
 * The answer itself shows the difference at the latest, so the list may be read twice.
 */
export async function listBetween(
  provider: Pick<Provider, 'listJobs'>,
  origin: string,
  { from, to }: Span,
): Promise<{ listed: readonly Dated[]; unreadable: number }> {
  const listFor = async (aheadMs: number): Promise<Listing<ListedJob>> =>
    (await provider.listJobs?.(
      from - clockSlackMs + Math.min(0, aheadMs),
      to + clockSlackMs + Math.max(0, aheadMs),
    )) ?? { entries: [], unreadable: 0 };
  const before = serverAheadMs(origin);
  const first = await listFor(before);
  const after = serverAheadMs(origin);
  const last = Math.abs(after - before) > clockSlackMs / 2 ? await listFor(after) : first;
  const listed = last.entries.map((job) => ({
    job,
    madeAt: job.createdAt === null ? null : job.createdAt - serverAheadMs(origin),
  }));
  return { listed, unreadable: last.unreadable };
}
