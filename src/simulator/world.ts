import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import { type Account, Accounts } from './accounts.ts';
import { type AcceptedRequest, Book } from './book.ts';
import { Faults } from './faults.ts';
import { Files } from './files.ts';
import { iso } from './clock.ts';
import { type Job, Jobs } from './jobs.ts';
import type { SimulatorSettings } from './settings.ts';

/** State shared by all vendors. */
export interface World {
  readonly settings: SimulatorSettings;
  readonly book: Book;
  readonly faults: Faults;
  readonly files: Files;
  readonly jobs: Jobs;
  /** The vendors' time, which may differ from the real time. */
  vendorNow(): number;
  /** A time as the vendor reports it. For a job: by the vendor's clock when the job was made. */
  reported(at: number, job?: Pick<Job, 'aheadMs'>): string;
  jumpClock(ms: number): void;
  /** Cuts every connection and accepts none for this long. The server replaces this function. */
  outage: (ms: number) => void;
  /** One set of accounts per vendor: a key belongs to one vendor. */
  accountsOf(vendor: string): Accounts;
}

export interface Env {
  Bindings: HttpBindings;
  Variables: {
    account: Account;
    /** The paid request accepted in this HTTP request. */
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
  /** The vendor's id, and the first part of its paths. */
  readonly id: string;
  /** The vendor's own error body for a request to a path. A 429 may include the wait. */
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
