import { type Clock, systemClock } from './clock.ts';
import type { Fault } from './faults.ts';

/** The simulator's behaviour. Some fields are fixed while it runs: see `fixed`. */
export interface SimulatorSettings {
  host: string;
  /** 0 chooses a free port. */
  port: number;
  /** The simulator's address for clients, if it differs from its own: for example a container's name. */
  publicUrl: string | null;
  /** Decides jitter, failing jobs and faults. The same seed and the same requests give the same run. */
  seed: string;
  clock: Clock;
  /** The lead of the vendors' clock, in their reported times and in the Date of their answers. */
  clockAheadMs: number;
  /** Duration of an image job, plus or minus `jitter`. */
  jobMs: number;
  videoMs: number;
  trainingMs: number;
  /** Preparation time of a video download. */
  downloadMs: number;
  /** Maximum deviation as a share of a job's time: 0.3 means 70% to 130%. */
  jitter: number;
  /** Credits of every account at its first request. */
  credits: number;
  /** HTTP status of "insufficient credits", which PhotoGPT does not document. */
  noCreditsStatus: number;
  /** Credits by vendor and kind of work. Wonda's credit is a thousandth of a dollar. */
  prices: Record<string, Record<string, number>>;
  /** The accepted keys. Null accepts any key that does not start with `bad`. */
  keys: string[] | null;
  /** Requests per minute for each account. 0 sets no limit. */
  perMinute: number;
  /** Requests that count towards it: only paid ones, or also polls, lists and uploads. */
  perMinuteCounts: 'paid' | 'all';
  retryAfter: 'seconds' | 'date' | 'none';
  /** Maximum number of simultaneous trainings per account. */
  maxTrainings: number;
  /** Share of jobs that fail after acceptance. */
  failRate: number;
  refundFailed: boolean;
  /** Time from a failure to its refund. */
  refundLagMs: number;
  /** Whether job answers and lists include the request. PhotoGPT's documented shapes do not. */
  revealing: boolean;
  /** Which of its two documented field styles GPTImage2API uses for tasks. */
  taskStyle: 'reference' | 'quickstart';
  /** Which of two documented forms Wonda's job ids have: `ij_...`, or a bare UUID. */
  inferenceIds: 'prefixed' | 'uuid';
  /** The allowed names in Wonda's X-Wonda-Project. Empty allows any. */
  projects: string[];
  /** Allowed origins of links that no vendor could reach: for example a local file server. */
  reachable: string[];
  /** Jobs per page of a list. */
  listPageSize: number;
  /** Lifetime of an output's URL after it was handed out. 0 is for ever. */
  urlMs: number;
  images: 'full' | 'small';
  faults: Fault[];
  /** A JSON Lines file that receives each event of the book before the request is answered. */
  bookFile: string | null;
}

export const defaultSettings: SimulatorSettings = {
  host: '127.0.0.1',
  port: 7411,
  publicUrl: null,
  seed: 'shotlist',
  clock: systemClock,
  clockAheadMs: 0,
  jobMs: 1_500,
  videoMs: 4_000,
  trainingMs: 6_000,
  downloadMs: 500,
  jitter: 0.3,
  credits: 100_000,
  noCreditsStatus: 402,
  prices: {
    photogpt: { image: 10, upscale: 5, video: 160, training: 300 },
    wonda: { image: 40, edit: 5, video: 100, text: 0.01 },
  },
  keys: null,
  perMinute: 0,
  perMinuteCounts: 'paid',
  retryAfter: 'seconds',
  maxTrainings: 4,
  failRate: 0,
  refundFailed: true,
  refundLagMs: 0,
  revealing: false,
  taskStyle: 'reference',
  inferenceIds: 'prefixed',
  projects: [],
  reachable: [],
  listPageSize: 50,
  urlMs: 0,
  images: 'full',
  faults: [],
  bookFile: null,
};

const fixed: readonly string[] = ['host', 'port', 'publicUrl', 'clock', 'bookFile'];

/** Changes running settings. Refuses an unknown name or a type that differs from the default's. */
export function patchSettings(
  settings: SimulatorSettings,
  patch: Record<string, unknown>,
): string | undefined {
  const known = new Map<string, unknown>(Object.entries(defaultSettings));
  for (const [name, value] of Object.entries(patch)) {
    if (!known.has(name)) return `unknown setting ${name}`;
    if (fixed.includes(name)) return `${name} cannot change while the simulator runs`;
    const usual = known.get(name);
    const wanted = Array.isArray(usual) || name === 'keys' ? 'list' : typeof usual;
    const given =
      Array.isArray(value) || (name === 'keys' && value === null) ? 'list' : typeof value;
    if (wanted !== given) return `${name} takes a ${wanted}`;
  }
  const { prices, ...rest } = patch;
  Object.assign(settings, rest);
  for (const [vendor, list] of Object.entries((prices ?? {}) as SimulatorSettings['prices'])) {
    settings.prices[vendor] = { ...settings.prices[vendor], ...list };
  }
  return undefined;
}
