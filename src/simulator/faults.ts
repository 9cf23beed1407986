import { chance } from './digest.ts';
import type { Book } from './book.ts';
import type { SimulatorSettings } from './settings.ts';

/** Where in a request's life a kind of fault strikes. */
export const scopes = {
  refused: 'request',
  'reset-before': 'request',
  'error-before': 'request',
  'html-before': 'request',
  'rate-limit': 'request',
  unauthorized: 'request',
  'no-credits': 'request',
  'not-found': 'request',
  'reset-after': 'answer',
  hang: 'answer',
  'error-after': 'answer',
  'html-after': 'answer',
  'truncated-json': 'answer',
  slow: 'delay',
  'job-fails': 'job',
  'job-endless': 'job',
  'list-lags': 'job',
  'list-omits': 'job',
  'url-expired': 'download',
  'download-error': 'download',
  'download-forbidden': 'download',
  'download-reset': 'download',
  'download-html': 'download',
  'download-short': 'download',
  'download-wrong-bytes': 'download',
} as const;

export type FaultKind = keyof typeof scopes;
export type FaultScope = (typeof scopes)[FaultKind];

/**
 * One way to misbehave. Of the requests it matches, a fault strikes those that `nth` names, or a share
 * of `probability` drawn from the seed, or all, until `count` or `forMs` ends it.
 */
export interface Fault {
  kind: FaultKind;
  /** Under which the book counts it; its kind unless given. */
  name?: string;
  /** Method, and a regular expression on the path. A fault of a job matches the request that starts it. */
  match?: { method?: string; path?: string };
  probability?: number;
  /** 1 is the first request that matches. */
  nth?: number | number[];
  /** Strikes this often at most. */
  count?: number;
  /** Strikes for this long, counted from the first strike. */
  forMs?: number;
  /** HTTP status of `error-*` and `download-error` (500) and `html-*` (502 before, 200 after). */
  status?: number;
  /** `rate-limit`: form of Retry-After (the setting's form), and its value (1). */
  retryAfter?: SimulatorSettings['retryAfter'];
  seconds?: number;
  /** `slow`: the delay (1,000). `refused`: how long nothing listens (1,000). `list-lags`: how long a job is missing from the list (5,000). */
  ms?: number;
  /** `job-fails`: whether the credits come back (the setting). */
  refunded?: boolean;
}

interface Tally {
  matched: number;
  struck: number;
  firstAt: number | null;
}

/** Draws faults by seed. A fault's tally lives as long as the fault object: a new list starts anew. */
export class Faults {
  readonly #settings: SimulatorSettings;
  readonly #book: Book;
  readonly #tallies = new WeakMap<Fault, Tally>();

  constructor(settings: SimulatorSettings, book: Book) {
    this.#settings = settings;
    this.#book = book;
  }

  static isKind(kind: unknown): kind is FaultKind {
    return typeof kind === 'string' && Object.hasOwn(scopes, kind);
  }

  /** The faults of one scope that strike this request. */
  draw(scope: FaultScope, method: string, path: string): Fault[] {
    const struck = this.#settings.faults.filter(
      (fault, index) =>
        scopes[fault.kind] === scope && matches(fault, method, path) && this.#strikes(fault, index),
    );
    for (const fault of struck) this.#book.injected(fault.name ?? fault.kind);
    return struck;
  }

  #strikes(fault: Fault, index: number): boolean {
    const tally = this.#tallies.get(fault) ?? { matched: 0, struck: 0, firstAt: null };
    this.#tallies.set(fault, tally);
    tally.matched += 1;
    const now = this.#settings.clock.now();
    if (fault.count !== undefined && tally.struck >= fault.count) return false;
    if (fault.forMs !== undefined && tally.firstAt !== null && now >= tally.firstAt + fault.forMs) {
      return false;
    }
    if (fault.nth !== undefined && ![fault.nth].flat().includes(tally.matched)) return false;
    const drawn = chance(this.#settings.seed, 'fault', index, fault.kind, tally.matched);
    if (fault.probability !== undefined && drawn >= fault.probability) return false;
    tally.struck += 1;
    tally.firstAt ??= now;
    return true;
  }
}

function matches({ match }: Fault, method: string, path: string): boolean {
  if (match?.method !== undefined && match.method.toUpperCase() !== method) return false;
  return match?.path === undefined || new RegExp(match.path).test(path);
}
