import type { LearnedAccounts } from '../accounts/learned.ts';
import type { Catalogue } from '../batch/model-spec.ts';
import type { Backoff } from '../http/backoff.ts';
import type { Price } from '../money.ts';
import type { ReferenceHost } from '../hosting/port.ts';
import type { Ledger } from '../ledger/port.ts';
import type { Limits, Provider, Timeouts } from '../providers/port.ts';
import type { Blobs } from '../storage/blobs.ts';
import type { PaidCalls } from './paid-calls.ts';
import type { Recovery } from '../storage/recovery.ts';
import type { AccountThrottle } from './throttle/account-throttle.ts';

/** An account whose key this worker has. */
export interface AccountAccess {
  readonly name: string;
  /** The ledger's key. */
  readonly key: string;
  /** `KeyLedger.hash` of its API key. */
  readonly keyHash: string;
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly provider: Provider;
  /** Gives local files a public link, for models that take only links. */
  readonly host?: ReferenceHost | undefined;
  /** Origin of the base URL: the only origin that may be inside this network. */
  readonly trustedOrigin: string;
  readonly trainingPrice: Price;
  /** Recent answers of the account to this process. */
  readonly throttle: AccountThrottle;
  /** The waits of its calls in this process. */
  readonly backoff: Pick<Backoff, 'isWaiting' | 'tryNow'>;
}

/** A configured account, with or without an API key in this process. */
export interface LaneFacts {
  readonly name: string;
  readonly inFlight: number;
  /** Key of its reference host. */
  readonly host?: string | undefined;
}

/** Dependencies of every activity; created once per worker. */
export interface ActivityDependencies {
  readonly ledger: Ledger;
  readonly blobs: Blobs;
  /** Restores bytes that the blob store has lost. */
  readonly recovery: Recovery;
  /** By ledger key. */
  readonly accounts: ReadonlyMap<string, AccountAccess>;
  /** All configured accounts by ledger key, including those without an API key in this process. */
  readonly lanes: ReadonlyMap<string, LaneFacts>;
  readonly catalogue: Catalogue;
  /** Models and prices that the vendors reported; the catalogue follows them. */
  readonly learned: Pick<LearnedAccounts, 'load' | 'priced' | 'refusalOf'>;
  /** The wall clock, epoch milliseconds. */
  readonly now: () => number;
  /** Monotonic clock, milliseconds; only differences have a meaning. */
  readonly steadyNow: () => number;
  /** Paid requests of this process with unrecorded answers. */
  readonly paid: PaidCalls;
  /** Name of this process on claims, for people. */
  readonly worker: string;
  readonly log: (line: string) => void;
  /** Requests a new planning pass: shots are open again, and their chunks have ended. */
  readonly requestReplan: (batch: string) => Promise<void>;
  /**
   * Reports to the current activity's workflow that the chunk from this position has nothing left
   * to claim. Never rejects: a lost message only delays the next chunk.
   */
  readonly chunkDrained: (from: number) => Promise<void>;
}
