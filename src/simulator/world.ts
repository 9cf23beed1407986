import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import { type Account, Accounts } from './accounts.ts';
import { type AcceptedRequest, Book } from './book.ts';
import { Faults } from './faults.ts';
import { Files } from './files.ts';
import { iso } from './clock.ts';
import { type Job, Jobs } from './jobs.ts';
import type { SimulatorSettings } from './settings.ts';

/** What all vendors share. */
export interface World {
  readonly settings: SimulatorSettings;
  readonly book: Book;
  readonly faults: Faults;
  readonly files: Files;
  readonly jobs: Jobs;
  /** By the vendor's clock, which may be another than everybody's. */
  vendorNow(): number;
  /** A time as the vendor tells it; of a job, by the clock that it had when the job was made. */
  reported(at: number, job?: Pick<Job, 'aheadMs'>): string;
  jumpClock(ms: number): void;
  /** Cuts every connection and lets none in for so long; the server puts itself in its place. */
  outage: (ms: number) => void;
  /** One per vendor: a key is one vendor's. */
  accountsOf(vendor: string): Accounts;
}

export interface Env {
  Bindings: HttpBindings;
  Variables: {
    account: Account;
    /** The paid request that this HTTP request brought about. */
    accepted: AcceptedRequest | undefined;
  };
}

interface ProblemAbout {
  readonly path: string;
  readonly retryAfterSeconds?: number;
  /** By the vendor's clock. */
  readonly now?: number;
}

export interface Vendor {
  /** Also the first part of its paths. */
  readonly id: string;
  /** The vendor's own error body for a request to a path; a 429 may say how long to wait. */
  problem(status: number, message: string, about: ProblemAbout): object;
  routes(world: World): Hono<Env>;
}

export function createWorld(settings: SimulatorSettings): World {
  const book = new Book(settings.bookFile);
  const faults = new Faults(settings, book);
  const accounts = new Map<string, Accounts>();
  return {
    settings,
    book,
    faults,
    files: new Files(settings, faults),
    jobs: new Jobs(settings, book, faults),
    vendorNow: () => settings.clock.now() + settings.clockAheadMs,
    reported: (at, { aheadMs } = { aheadMs: settings.clockAheadMs }) => iso(at + aheadMs),
    jumpClock(ms) {
      settings.clockAheadMs += ms;
    },
    outage: () => {},
    accountsOf(vendor) {
      const known = accounts.get(vendor) ?? new Accounts(settings);
      accounts.set(vendor, known);
      return known;
    },
  };
}
