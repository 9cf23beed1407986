import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Failpoint, failpoints } from '../../src/activities/failpoints.ts';
import { packageRoot } from '../../src/temporal/package-root.ts';
import type { Draw } from './draw.ts';
import type { Scene } from './kinds/kind.ts';

/**
 * Once the simulator has accepted so many requests; some time after a fault of that name has struck; or once
 * the batch has ended, which is then run again.
 */
export type When =
  { readonly accepted: number } | { readonly struck: string; readonly afterMs: number } | 'ended';

/** What befalls our own processes. */
export type Incident =
  /** -9. */
  | { readonly kind: 'kill'; readonly victim: Victim; readonly when: When }
  /** Run, worker and Temporal server, at once. */
  | { readonly kind: 'kill-all'; readonly when: When }
  /** -9, and before it is started again the machine's clock is set. */
  | {
      readonly kind: 'restart-later';
      readonly victim: Victim;
      readonly byMs: number;
      readonly when: When;
    }
  | {
      readonly kind: 'signal';
      readonly victim: 'run' | 'worker';
      readonly signal: 'SIGHUP' | 'SIGTERM' | 'SIGINT';
      readonly twice: boolean;
      readonly when: When;
    }
  /** The machine's clock is set, for all processes. */
  | { readonly kind: 'set-clock'; readonly byMs: number; readonly when: When }
  /** Another process holds the ledger's write lock. */
  | { readonly kind: 'ledger-locked'; readonly ms: number; readonly when: When }
  /** No file may grow. */
  | { readonly kind: 'disk-full'; readonly ms: number; readonly when: When }
  /** No file can be opened. */
  | { readonly kind: 'no-descriptors'; readonly ms: number; readonly when: When }
  /** A file stands where a folder should. */
  | {
      readonly kind: 'folder-blocked';
      readonly folder: string;
      readonly ms: number;
      readonly when: When;
    }
  /** A saved file disappears from the blob store, or its bytes change there; `copy`: the one in out/ goes, too. */
  | { readonly kind: 'blob-lost' | 'blob-rotten'; readonly copy: boolean; readonly when: When }
  /** The run is started again with other settings; a worker of its own keeps the old ones. */
  | { readonly kind: 'settings'; readonly change: Change; readonly when: When }
  /** The ledger of an earlier time is put back. */
  | { readonly kind: 'old-ledger'; readonly backupAt: number; readonly when: When }
  /** A person runs the batch once more. */
  | { readonly kind: 'again'; readonly when: 'ended' }
  /** A person names the job of each parked shot, where the vendor has one that is nobody's. */
  | { readonly kind: 'person'; readonly when: When }
  | Blow;

/** What a process does to itself at the nth time that it reaches a failpoint. */
export type Blow = { readonly failpoint: Failpoint; readonly nth: number } & (
  | { readonly kind: 'die-at' }
  /** SIGSTOP, woken after it was long declared dead. */
  | { readonly kind: 'suspend'; readonly ms: number }
  /** The machine's clock jumps. */
  | { readonly kind: 'clock'; readonly byMs: number }
  /** Files under a folder cannot be used. */
  | { readonly kind: 'files-fail'; readonly code: 'EIO' | 'EACCES' | 'EMFILE'; readonly ms: number }
);

export type Victim = 'run' | 'worker' | 'server';
const changes = [
  'limits',
  'slash',
  'host name',
  'dialect',
  'rename',
  'renewed key',
  'key of another person',
] as const;
export type Change = (typeof changes)[number];

export function isBlow(incident: Incident): incident is Blow {
  return 'failpoint' in incident;
}

/** By the name that the table of docs/faults.md gives each. */
export function nameOf(incident: Incident): string {
  switch (incident.kind) {
    case 'kill':
      return `killed the ${incident.victim}`;
    case 'kill-all':
      return 'killed everything at once';
    case 'restart-later':
      return 'killed, clock set, started again';
    case 'signal':
      return `${incident.signal}${incident.twice ? ' twice' : ''} to the ${incident.victim}`;
    case 'set-clock':
    case 'clock':
      return 'clock stepped';
    case 'ledger-locked':
      return 'ledger locked';
    case 'disk-full':
      return 'disk full';
    case 'no-descriptors':
      return 'no file can be opened';
    case 'folder-blocked':
      return `a file stands for ${incident.folder}`;
    case 'blob-lost':
      return 'a saved file is gone';
    case 'blob-rotten':
      return 'a saved file is rotten';
    case 'settings':
      return `settings changed: ${incident.change}`;
    case 'old-ledger':
      return 'an older ledger is put back';
    case 'again':
      return 'run again after its end';
    case 'person':
      return 'a person names jobs';
    case 'die-at':
      return 'killed at a named moment';
    case 'suspend':
      return 'suspended';
    case 'files-fail':
      return `files fail with ${incident.code}`;
  }
}

const blockable = ['out', '.shotlist/blobs', '.shotlist/blobs/tmp'] as const;

type Maker = (draw: Draw, when: () => When, shape: Shape) => Incident;
type Shape = 'alone' | 'company';

const victims = (shape: Shape): readonly Victim[] =>
  shape === 'company' ? ['run', 'worker', 'server'] : ['run', 'server'];
const worker = (shape: Shape): 'run' | 'worker' => (shape === 'company' ? 'worker' : 'run');

/** Each with the share of the runs that it befalls. */
const makers: readonly (readonly [number, Maker])[] = [
  [0.3, (draw, when, shape) => ({ kind: 'kill', victim: draw.pick(victims(shape)), when: when() })],
  [0.35, (draw) => ({ kind: 'die-at', ...failpoint(draw) })],
  [0.08, (_, when) => ({ kind: 'kill-all', when: when() })],
  [0.05, (_, when) => ({ kind: 'kill-all', when: when() })],
  [
    0.06,
    (draw, when, shape) => ({
      kind: 'restart-later',
      victim: worker(shape),
      byMs: draw.pick([-20_000, 30_000, 300_000, 3_600_000]),
      when: when(),
    }),
  ],
  [
    0.15,
    (draw, when, shape) => ({
      kind: 'signal',
      victim: draw.pick(['run', worker(shape)]),
      signal: draw.pick(['SIGHUP', 'SIGTERM', 'SIGINT']),
      twice: draw.chance(0.3),
      when: when(),
    }),
  ],
  [
    0.12,
    (draw) => ({
      kind: 'suspend',
      failpoint: draw.pick(['claimed', 'sending', 'answered']),
      nth: draw.whole(1, 4),
      ms: draw.whole(6_000, 25_000),
    }),
  ],
  [
    0.1,
    (draw) => ({
      kind: 'clock',
      ...failpoint(draw),
      byMs: draw.pick([-20_000, -3_000, 10_000, 3_600_000]),
    }),
  ],
  [
    0.06,
    (draw, when) => ({
      kind: 'set-clock',
      byMs: draw.pick([-20_000, 10_000, 300_000]),
      when: when(),
    }),
  ],
  [0.1, (draw, when) => ({ kind: 'ledger-locked', ms: draw.whole(500, 4_000), when: when() })],
  [0.1, (draw, when) => ({ kind: 'disk-full', ms: draw.whole(500, 3_000), when: when() })],
  [0.06, (draw, when) => ({ kind: 'no-descriptors', ms: draw.whole(500, 3_000), when: when() })],
  [
    0.08,
    (draw) => ({
      kind: 'files-fail',
      failpoint: draw.pick(['recorded', 'polled', 'ended', 'fetched', 'saved']),
      nth: draw.whole(1, 6),
      code: draw.pick(['EIO', 'EACCES', 'EMFILE']),
      ms: draw.whole(300, 2_500),
    }),
  ],
  [
    0.06,
    (draw, when) => ({
      kind: 'folder-blocked',
      folder: draw.pick(blockable),
      ms: draw.whole(500, 3_000),
      when: when(),
    }),
  ],
  [
    0.1,
    (draw, when) => ({
      kind: draw.pick(['blob-lost', 'blob-rotten']),
      copy: draw.chance(0.4),
      when: draw.chance(0.5) ? 'ended' : when(),
    }),
  ],
  [0.1, (draw, when) => ({ kind: 'settings', change: draw.pick(changes), when: when() })],
  [0.15, (_, when) => ({ kind: 'person', when: when() })],
  [0.25, () => ({ kind: 'again', when: 'ended' })],
  [
    knowsBackups() ? 0.06 : 0,
    (draw, when) => ({ kind: 'old-ledger', backupAt: draw.whole(2, 12), when: when() }),
  ],
];

/** Whether the program can put back a ledger that it kept. */
function knowsBackups(): boolean {
  return existsSync(join(packageRoot(), 'src', 'commands', 'backup.ts'));
}

function failpoint(draw: Draw): { failpoint: Failpoint; nth: number } {
  return { failpoint: draw.pick(failpoints), nth: draw.whole(1, 6) };
}

/** `only`: those whose names hold this text, and these surely. */
export function drawIncidents(
  draw: Draw,
  shape: Shape,
  { shots, vendors }: Scene,
  only?: string,
): Incident[] {
  const when = (): When => ({ accepted: draw.whole(0, Math.max(1, Math.floor(shots * 0.8))) });
  return makers.flatMap(([share, make]) => {
    const isDrawn = draw.chance(share);
    const incident = make(draw, when, shape);
    const possible =
      share > 0 && (incident.kind !== 'settings' || isPossible(incident.change, vendors));
    const wanted = only === undefined ? isDrawn : nameOf(incident).includes(only);
    return possible && wanted ? [incident] : [];
  });
}

function isPossible(change: Change, vendors: readonly string[]): boolean {
  if (change === 'dialect') return vendors.includes('productai');
  return change !== 'rename' || vendors.includes('photogpt');
}
