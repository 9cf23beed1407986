import type { Fault } from '../../src/simulator/index.ts';
import type { Focus } from './focus.ts';
import { paid } from './kinds/kind.ts';

const trigger = { call: 'trigger-training' } as const;
const model = { call: 'check-model' } as const;
const training: Focus = {
  vendors: ['photogpt'],
  scene: { trains: true },
  resubmits: false,
  capped: false,
  shots: 9,
  incidents: [{ kind: 'again', when: 'ended' }],
};
const lostTrigger: Fault = {
  kind: 'reset-after',
  name: 'training trigger without an answer',
  match: trigger,
  nth: 1,
};
const plain: Focus = { shots: 8, capped: false, resubmits: false, faults: [], incidents: [] };
const file = (kind: Fault['kind'], name: string): Fault => ({
  kind,
  name,
  everyTry: true,
  nth: [1, 2],
});

/**
 * Dangers that a reading of the code found and no campaign had drawn, each with what makes it likely. The
 * letters and numbers are those of its report.
 */
export const focuses: Readonly<Record<string, Focus>> = {
  'P1 trigger’s answer lost, then one 404': {
    ...training,
    faults: [
      lostTrigger,
      { kind: 'refuse', name: '404 at check-model', words: 'kong', match: model, nth: 2 },
    ],
  },
  'P1 one 404 while the training runs': {
    ...training,
    simulator: { trainingMs: 2_000 },
    faults: [{ kind: 'refuse', name: '404 at check-model', match: model, nth: 2 }],
  },
  'P1 a gateway repeats the trigger, the second is refused': {
    ...training,
    faults: [
      {
        kind: 'repeat',
        name: 'gateway repeats the training trigger',
        answer: 'second',
        match: trigger,
      },
    ],
  },
  'P1 the model shows as new while its training is queued': {
    ...training,
    faults: [
      lostTrigger,
      { kind: 'training-shows-late', name: 'training shows late', ms: 10_000, nth: 1 },
    ],
  },
  'P2 killed in a paid request, clock set ahead': {
    ...plain,
    shots: 10,
    scene: { trains: false, videos: false, several: false },
    plot: 'killed in a paid request, clock set ahead',
  },
  'P3 the answer comes after a person named another job': {
    ...plain,
    plot: 'its answer comes after a person named another job',
  },
  'P4 files in another order when asked again': {
    ...plain,
    vendors: ['photogpt'],
    scene: { several: true, trains: false, videos: false },
    faults: [
      { kind: 'download-forbidden', name: 'output 403', nth: [1, 3, 5, 7, 9] },
      {
        kind: 'entries-reordered',
        name: 'files in another order',
        match: { call: 'check-job' },
        probability: 0.5,
      },
    ],
  },
  'P5 SIGHUP in a paid request': {
    ...plain,
    postMs: 8_000,
    faults: [{ kind: 'slow', name: 'slow answers', ms: 3_000, nth: 2, match: { call: [...paid] } }],
    incidents: [
      {
        kind: 'signal',
        victim: 'run',
        signal: 'SIGHUP',
        twice: false,
        when: { struck: 'slow answers', afterMs: 300 },
      },
    ],
  },
  'P6 a signal in a very slow paid request': {
    ...plain,
    plot: 'a signal in a very slow paid request',
  },
  'P7 a time with a fraction': {
    ...plain,
    vendors: ['gptimage2api'],
    outputLifetime: true,
    faults: [
      {
        kind: 'numbers',
        name: 'times: fraction',
        match: { call: 'check-job' },
        count: 200,
      },
    ],
  },
  'P7 a wait with a fraction': {
    ...plain,
    vendors: ['wonda'],
    faults: [
      {
        kind: 'rate-limit',
        name: '429, odd wait in the body',
        retryAfter: 'none',
        seconds: 1,
        form: 'fraction',
        match: { call: [...paid] },
        nth: [2, 4],
      },
    ],
  },
  'P8 a saved file is gone': {
    ...plain,
    incidents: [{ kind: 'blob-lost', copy: true, when: 'ended' }],
  },
  'P8 a saved file is rotten': {
    ...plain,
    incidents: [{ kind: 'blob-rotten', copy: true, when: 'ended' }],
  },
  'P9 the blob store cannot be prepared': {
    ...plain,
    plot: 'the blob store cannot be prepared',
  },
  'P10 an SVG comes compressed': {
    ...plain,
    vendors: ['wonda'],
    scene: { vectors: true },
    faults: [{ ...file('download-compressed', 'output compressed'), match: { path: 'svg$' } }],
  },
  'P10 an SVG has a long prologue': {
    ...plain,
    vendors: ['wonda'],
    scene: { vectors: true },
    faults: [file('download-prologue', 'SVG with a long prologue')],
  },
  'P10 a JPEG is damaged in every try': {
    ...plain,
    vendors: ['photogpt'],
    scene: { trains: false, videos: false },
    faults: [file('download-damaged', 'output damaged in every try')],
  },
  'P11 requests without an answer, and jobs that all ended': {
    ...plain,
    vendors: ['photogpt'],
    scene: { trains: false, videos: false, several: false },
    shots: 16,
    isPatient: true,
    revealing: false,
    faults: [
      {
        kind: 'reset-after',
        name: 'reset after it was accepted',
        match: { call: [...paid] },
        nth: [2, 3, 4],
      },
    ],
  },
};

/** Those whose names hold the text. */
export function focusesNamed(text: string): readonly (readonly [string, Focus])[] {
  return Object.entries(focuses).filter(([name]) => name.includes(text));
}

/** @throws Error when there is none */
export function focusNamed(name: string): Focus {
  const focus = focuses[name];
  if (!focus) throw new Error(`no focus is named ${name}`);
  return focus;
}
