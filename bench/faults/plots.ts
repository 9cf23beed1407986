import type { Fault } from '../../src/simulator/index.ts';
import type { Draw } from './draw.ts';
import type { Incident } from './draw-incidents.ts';
import { paid } from './kinds/kind.ts';
import type { Focus } from './focus.ts';

/** Faults and incidents that are dangerous only together, and the batch that they need. */
export interface Plot {
  readonly focus: Focus;
  readonly faults: (draw: Draw) => readonly Fault[];
  readonly incidents: (draw: Draw) => readonly Incident[];
}

const slowPost = 'a paid request under way for seconds';
const verySlowPost = 'a paid request under way for more than a minute';

/** The vendor takes so long to take a request in; then it carries it out, whoever waits still. */
function slow(name: string, ms: number, nth: number | number[]): Fault {
  return { kind: 'slow', name, ms, nth, match: { call: [...paid] } };
}

export const plots: Readonly<Record<string, Plot>> = {
  // One at a time: jobs that are known from before the clock was set would speak against the list. Alone: one
  // who lives on sees the clock being set. That a process died is noticed after ten seconds, and the list is read
  // again five seconds later: the job is not there yet. Patient, and not set by more: a person is not asked yet.
  'killed in a paid request, clock set ahead': {
    focus: {
      vendors: ['photogpt'],
      shape: 'alone',
      postMs: 24_000,
      inFlight: 1,
      shots: 10,
      isPatient: true,
      resubmits: false,
      capped: false,
    },
    faults: (draw) => [slow(slowPost, draw.whole(20_000, 23_000), 1)],
    incidents: () => [
      {
        kind: 'restart-later',
        victim: 'run',
        byMs: 120_000,
        when: { struck: slowPost, afterMs: 300 },
      },
    ],
  },
  'a signal in a paid request': {
    focus: { postMs: 8_000 },
    faults: (draw) => [slow(slowPost, draw.whole(2_000, 5_000), draw.whole(2, 4))],
    incidents: (draw) => [
      {
        kind: 'signal',
        victim: 'run',
        signal: draw.pick(['SIGHUP', 'SIGHUP', 'SIGTERM', 'SIGINT']),
        twice: false,
        when: { struck: slowPost, afterMs: 300 },
      },
    ],
  },
  'a signal in a very slow paid request': {
    focus: { postMs: 90_000, shots: 6, vendors: ['gptimage2api'], shape: 'alone' },
    faults: () => [slow(verySlowPost, 78_000, 2)],
    incidents: () => [
      {
        kind: 'signal',
        victim: 'run',
        signal: 'SIGTERM',
        twice: false,
        when: { struck: verySlowPost, afterMs: 300 },
      },
    ],
  },
  'its answer comes after a person named another job': {
    focus: { vendors: ['photogpt'], revealing: true, shape: 'alone', resubmits: false },
    faults: () => [
      {
        kind: 'repeat',
        name: 'gateway repeats a paid request',
        answer: 'second',
        match: { call: [...paid] },
      },
    ],
    incidents: () => [
      { kind: 'suspend', failpoint: 'answered', nth: 2, ms: 55_000 },
      { kind: 'person', when: { accepted: 1 } },
    ],
  },
  'the blob store cannot be prepared': {
    focus: { shape: 'company' },
    faults: () => [],
    incidents: () => [
      {
        kind: 'folder-blocked',
        folder: '.shotlist/blobs/tmp',
        ms: 8_000,
        when: { accepted: 1 },
      },
    ],
  },
};
