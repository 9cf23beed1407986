import { type Clock, systemClock } from './clock.ts';
import type { Fault } from './faults.ts';

/** How the simulator behaves. Every field but the address may be changed while it runs. */
export interface SimulatorSettings {
  host: string;
  /** 0 takes a free port. */
  port: number;
  /** How clients reach the simulator where that is not its own address: behind a container's name. */
  publicUrl: string | null;
  /** Decides jitter, failing jobs and faults: the same seed and the same requests give the same run. */
  seed: string;
  clock: Clock;
  /** By how much the vendors' clock is ahead: in the times they tell and in the Date of their answers. */
  clockAheadMs: number;
  /** How long an image job takes, give or take `jitter`. */
  jobMs: number;
  videoMs: number;
  trainingMs: number;
  /** How long a video download takes to prepare. */
  downloadMs: number;
  /** Share of a job's time by which it may be shorter or longer: 0.3 means 70% to 130%. */
  jitter: number;
  /** What every account has at its first request. */
  credits: number;
  /** HTTP status of "insufficient credits", which PhotoGPT does not document. */
  noCreditsStatus: number;
  /** Credits by vendor and kind of work. Wonda's credit is a thousandth of a dollar. */
  prices: Record<string, Record<string, number>>;
  /** The keys that are accepted; null accepts any key that does not start with `bad`. */
  keys: string[] | null;
  /** Requests each account may send in a minute; 0 sets no limit. */
  perMinute: number;
  /** Which requests that counts: paid ones, or polls, lists and uploads as well. */
  perMinuteCounts: 'paid' | 'all';
  retryAfter: 'seconds' | 'date' | 'none';
  /** Trainings one account may run at a time. */
  maxTrainings: number;
  /** Share of jobs that fail after they were accepted. */
  failRate: number;
  refundFailed: boolean;
  /** How long after a failure its credits come back. */
  refundLagMs: number;
  /** Whether job answers and lists show what was asked for. PhotoGPT's documented shapes do not. */
  revealing: boolean;
  /** Which of its two documented field styles GPTImage2API shows tasks in. */
  taskStyle: 'reference' | 'quickstart';
  /** Which of its two documented forms the ids of Wonda's jobs have: `ij_...`, or a bare UUID. */
  inferenceIds: 'prefixed' | 'uuid';
  /** The names that Wonda's X-Wonda-Project may have; empty takes any. */
  projects: string[];
  /** Origins that links may lead to although no vendor could reach them: a file server beside the simulator. */
  reachable: string[];
  /** Jobs on one page of a list. */
  listPageSize: number;
  /** How long an output's URL works after it was handed out; 0 is for ever. */
  urlMs: number;
  images: 'full' | 'small';
  faults: Fault[];
  /** A JSON Lines file that gets each event of the book before the request is answered. */
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

/** Changes running settings; an unknown name or another type than the default's is refused by name. */
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
