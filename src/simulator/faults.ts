import { chance } from './digest.ts';
import type { Book } from './book.ts';
import { type Call, isCall } from './calls.ts';
import { type NumberForm, isNumberForm } from './numbers.ts';
import type { SimulatorSettings } from './settings.ts';

/** The stage of a request at which a kind of fault strikes. */
export const scopes = {
  'clock-jumps': 'clock',
  slow: 'delay',
  refused: 'request',
  'reset-before': 'request',
  'error-before': 'request',
  'html-before': 'request',
  'rate-limit': 'request',
  unauthorized: 'request',
  'no-credits': 'request',
  'not-found': 'request',
  refuse: 'request',
  repeat: 'repeat',
  'entries-reordered': 'entries',
  'entries-doubled': 'entries',
  'entries-null': 'entries',
  'entries-unreadable': 'entries',
  'entries-fewer': 'entries',
  'entries-more': 'entries',
  numbers: 'numbers',
  'reset-after': 'answer',
  hang: 'answer',
  'error-after': 'answer',
  'html-after': 'answer',
  'truncated-json': 'answer',
  compressed: 'encoding',
  'list-shrinks': 'list',
  'job-fails': 'job',
  'job-endless': 'job',
  'list-lags': 'job',
  'list-omits': 'job',
  'fewer-files': 'job',
  'more-files': 'job',
  'training-shows-late': 'job',
  'url-expired': 'download',
  'download-error': 'download',
  'download-forbidden': 'download',
  'download-reset': 'download',
  'download-html': 'download',
  'download-short': 'download',
  'download-wrong-bytes': 'download',
  'download-damaged': 'download',
  'download-compressed': 'download',
  'download-prologue': 'download',
} as const;

export type FaultKind = keyof typeof scopes;
export type FaultScope = (typeof scopes)[FaultKind];

/**
 * One kind of misbehaviour. Among the matching requests, a fault strikes those in `nth`, a random
 * share of `probability`, or all. `count` or `forMs` ends it.
 */
export interface Fault {
  kind: FaultKind;
  /** Name under which the book counts it. Default: its kind. */
  name?: string;
  /**
   * Method, a regular expression on the path, and the call. A fault of a job matches the request
   * that starts it.
   */
  match?: { method?: string; path?: string; call?: Call | Call[] };
  probability?: number;
  /** 1 is the first request that matches. */
  nth?: number | number[];
  /** Maximum number of strikes. */
  count?: number;
  /** Strikes for this long, counted from the first strike. */
  forMs?: number;
  /** A download once struck is struck in every later try, and counts once. */
  everyTry?: boolean;
  /** HTTP status of `error-*` and `download-error` (500), `html-*` (502 before, 200 after) and `refuse` (404). */
  status?: number;
  /** `refuse`: the style of the refusal (default: the vendor's). */
  words?: 'vendor' | 'kong' | 'nginx' | 'cloudflare';
  /**
   * Of a 429: the form of Retry-After (default: the setting's), its value in seconds (1), or its
   * texts, one header each.
   */
  retryAfter?: SimulatorSettings['retryAfter'] | 'text';
  seconds?: number;
  text?: string | string[];
  /**
   * `numbers`: their form (`fraction`), and a regular expression on the names of their fields
   * (times). Of a 429: the same, in its body.
   */
  form?: NumberForm;
  field?: string;
  /** `repeat`: the answer that the client gets (`first`). */
  answer?: 'first' | 'second';
  /** `compressed`, `download-compressed`: the encoding (`gzip`). */
  encoding?: 'gzip' | 'br' | 'deflate';
  /**
   * Milliseconds. `slow`: the delay (1,000). `refused`: the outage (1,000). `list-lags`: how long a
   * job is missing from the list (5,000). `training-shows-late`: how long the model stays new
   * (5,000). `clock-jumps`: the size of the jump (60,000).
   */
  ms?: number;
  /** `clock-jumps`: whether the clock jumps before the request is processed (the default) or after it. */
  when?: 'before' | 'after';
  /** `job-fails`: whether the credits are refunded (default: the setting). */
  refunded?: boolean;
}

export interface Struck {
  readonly method: string;
  readonly path: string;
  readonly call: Call | undefined;
}

interface Tally {
  matched: number;
  struck: number;
  firstAt: number | null;
  /** Struck paths, for `everyTry`. */
  readonly paths: Set<string>;
}

/** Draws faults by seed. A fault's tally lives as long as the fault object: a new list starts from zero. */
export class Faults {
  readonly #settings: SimulatorSettings;
  readonly #book: Book;
  readonly #tallies = new WeakMap<Fault, Tally>();

  constructor(settings: SimulatorSettings, book: Book) {
    this.#settings = settings;
    this.#book = book;
  }

  /** The faults of one scope that strike this request. `applies`: whether a fault can have an effect here. */
  draw(
    scope: FaultScope,
    request: Struck,
    applies: (fault: Fault) => boolean = () => true,
  ): Fault[] {
    return this.#settings.faults.filter((fault, index) => {
      if (scopes[fault.kind] !== scope || !matches(fault, request) || !applies(fault)) return false;
      const tally = this.#tallyOf(fault);
      if (fault.everyTry === true && tally.paths.has(request.path)) return true;
      if (!this.#strikes(fault, index, tally)) return false;
      tally.paths.add(request.path);
      this.#book.injected(fault.name ?? fault.kind);
      return true;
    });
  }

  #tallyOf(fault: Fault): Tally {
    const tally = this.#tallies.get(fault) ?? {
      matched: 0,
      struck: 0,
      firstAt: null,
      paths: new Set(),
    };
    this.#tallies.set(fault, tally);
    return tally;
  }

  #strikes(fault: Fault, index: number, tally: Tally): boolean {
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

function matches({ match }: Fault, { method, path, call }: Struck): boolean {
  if (match?.method !== undefined && match.method.toUpperCase() !== method) return false;
  if (match?.call !== undefined && !(call && [match.call].flat().includes(call))) return false;
  return match?.path === undefined || new RegExp(match.path).test(path);
}

/** The problem with a written fault, as text. Undefined when it is valid. */
export function faultOfFault(fault: unknown): string | undefined {
  const { kind, match, form } = (fault ?? {}) as Partial<Fault>;
  if (typeof kind !== 'string' || !Object.hasOwn(scopes, kind))
    return `unknown fault ${JSON.stringify(fault)}`;
  const strange = [match?.call ?? []].flat().find((call) => !isCall(call));
  if (strange !== undefined) return `unknown call ${JSON.stringify(strange)}`;
  if (form !== undefined && !isNumberForm(form)) return `unknown form ${JSON.stringify(form)}`;
  return undefined;
}
