import { accountName } from '../../batch/ids.ts';
import type { AccountConfig } from '../../config/accounts.ts';
import type { Wait } from '../../ledger/port.ts';
import { settlePatienceMs } from '../../activities/reconcile/patience.ts';
import type { StatusDocument } from '../json/status.ts';
import { isoTime } from '../../report/sidecar.ts';

/** A reason why a batch waits, with its latest end. */
export interface ShownWait extends Wait {
  /** Epoch milliseconds. For a file: the time of the next attempt. */
  readonly until: number;
}

type Timeouts = Pick<AccountConfig['timeouts'], 'postMs' | 'imageJobMs' | 'trainingMs'>;

export function shownWaits(
  waits: readonly Wait[],
  accounts: ReadonlyMap<string, Pick<AccountConfig, 'key'> & { readonly timeouts: Timeouts }>,
): readonly ShownWait[] {
  const timeouts = new Map([...accounts.values()].map((one) => [one.key, one.timeouts]));
  return waits.map((wait) => ({ ...wait, until: endOf(wait, timeouts.get(wait.account)) }));
}

function endOf({ kind, last }: Wait, timeouts: Timeouts | undefined): number {
  if (!timeouts) return last;
  if (kind === 'answer') return last + settlePatienceMs(timeouts, timeouts.imageJobMs);
  return kind === 'training' ? last + timeouts.trainingMs : last;
}

/** One line per wait. */
export function waitTexts(waits: readonly ShownWait[]): string[] {
  return waits.map(({ kind, account, count, since, until, why }) => {
    const at = accountName(account);
    const some = (word: string): string => `${count} ${word}${count === 1 ? '' : 's'} at ${at}`;
    switch (kind) {
      case 'answer':
        return `${some('request')} without an answer: the vendor is asked about ${count === 1 ? 'it' : 'them'}, until ${clock(until)} at most`;
      case 'job':
        return `${some('job')}, the first since ${clock(since)}; given up at ${clock(until)} at the latest`;
      case 'training':
        return `${some('training')} since ${clock(since)}; given up at ${clock(until)} at the latest`;
      case 'file':
        return `${some('file')} not available yet (${why ?? 'no reason was given'}); the next try is at ${clock(until)}`;
      case 'refund':
        return `${some('refund')} promised; where money is short, until ${clock(until)} at most`;
    }
  });
}

export function waitsJson(waits: readonly ShownWait[]): StatusDocument['waits'] {
  return waits.map(({ kind, account, count, since, until, why }) => ({
    kind,
    account: accountName(account),
    count,
    since: isoTime(since),
    until: isoTime(until),
    why,
  }));
}

/** Local time of day. */
export function clock(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8);
}
