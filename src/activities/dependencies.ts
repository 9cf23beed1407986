import type { LearnedAccounts } from '../accounts/learned.ts';
import type { Catalogue } from '../batch/model-spec.ts';
import type { Price } from '../money.ts';
import type { ReferenceHost } from '../hosting/port.ts';
import type { Ledger } from '../ledger/port.ts';
import type { Limits, Provider, Timeouts } from '../providers/port.ts';
import type { Blobs } from '../storage/blobs.ts';
import type { PaidCalls } from './paid-calls.ts';
import type { Recovery } from '../storage/recovery.ts';
import type { AccountThrottle } from './throttle/account-throttle.ts';

/** An account that this worker has the key of. */
export interface AccountAccess {
  readonly name: string;
  /** The ledger's key. */
  readonly key: string;
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly provider: Provider;
  /** Gives local files a public link, for models that take nothing else. */
  readonly host?: ReferenceHost | undefined;
  /** Origin of the base URL: the only one that may lie inside this network. */
  readonly trustedOrigin: string;
  readonly trainingPrice: Price;
  /** How the account has answered this process lately. */
  readonly throttle: AccountThrottle;
}

/** What every activity works with; made once per worker. */
export interface ActivityDependencies {
  readonly ledger: Ledger;
  readonly blobs: Blobs;
  /** Gets bytes back that the blob store has lost. */
  readonly recovery: Recovery;
  /** By ledger key. */
  readonly accounts: ReadonlyMap<string, AccountAccess>;
  /** All configured accounts by ledger key, also those whose key is elsewhere. */
  readonly lanes: ReadonlyMap<
    string,
    {
      readonly name: string;
      readonly inFlight: number;
      /** Key of its reference host. */
      readonly host?: string | undefined;
    }
  >;
  readonly catalogue: Catalogue;
  /** What the vendors have told of their models and prices; the catalogue follows it. */
  readonly learned: Pick<LearnedAccounts, 'load' | 'priced' | 'refusalOf'>;
  /** The wall clock, epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds of a clock that nobody sets; only differences mean anything. */
  readonly steadyNow: () => number;
  /** Paid requests whose answers this process has still to write down. */
  readonly paid: PaidCalls;
  /** Names this process on claims, for people. */
  readonly worker: string;
  readonly log: (line: string) => void;
  /** Has the batch plan its steps again, since shots are to do whose chunks have ended. */
  readonly requestReplan: (batch: string) => Promise<void>;
  /**
   * Tells the workflow of the activity under way that the chunk from this position has nothing left to claim.
   * Never rejects: a message that is lost only makes the next chunk start later.
   */
  readonly chunkDrained: (from: number) => Promise<void>;
}
