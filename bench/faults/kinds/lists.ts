import type { Fault, FaultKind } from '../../../src/simulator/index.ts';
import type { Draw } from '../draw.ts';
import { few, type Kind, type Kinds, listsJobs, lostAnswers, type Scene, some } from './kind.ts';

/** A list of jobs is asked for only while a request is ambiguous; so some are made so. */
const ofJobs = (kind: FaultKind): Kind => ({
  applies: listsJobs,
  draw: (draw: Draw): Fault[] => [
    lostAnswers(draw),
    { kind, match: { call: 'list-jobs' }, ...few(draw) },
  ],
});

const ofFiles = (kind: FaultKind, more: (draw: Draw) => readonly Fault[] = () => []): Kind => ({
  applies: ({ several }: Scene) => several,
  draw: (draw: Draw): Fault[] => [
    ...more(draw),
    {
      kind,
      match: { call: 'check-job' },
      probability: draw.whole(20, 60) / 100,
      count: draw.whole(4, 12),
    },
  ],
});

/** Links that are refused for once, so that a job is asked for fresh ones. */
const refusedLinks = (draw: Draw): Fault[] => [
  { kind: 'download-forbidden', name: 'output 403', probability: 0.4, count: draw.whole(3, 6) },
];

/** Lists, and the files of a job, that change between two askings. */
export const lists: Kinds = {
  'job list in another order': ofJobs('entries-reordered'),
  'job list with a job twice': ofJobs('entries-doubled'),
  'job list with null': ofJobs('entries-null'),
  'job list with an unreadable job': ofJobs('entries-unreadable'),
  'job list shows its older half': ofJobs('list-shrinks'),
  'job list with a job more': ofJobs('entries-more'),
  'list lags': {
    draw: (draw, scene) => ({
      kind: 'list-lags',
      ms: draw.whole(100, 1_000),
      ...some(draw, scene, 0.5),
    }),
  },
  // From one job on. A list that hides a single job among others that it shows leaves no trace at all.
  'list omits': {
    draw: (draw, { shots }) => {
      const first = draw.whole(1, 10);
      return { kind: 'list-omits', nth: Array.from({ length: 2 * shots }, (_, n) => first + n) };
    },
  },
  'files in another order': ofFiles('entries-reordered', refusedLinks),
  'a file twice': ofFiles('entries-doubled'),
  'null among the files': ofFiles('entries-null'),
  'a file that cannot be read': ofFiles('entries-unreadable'),
  'a file less when asked again': ofFiles('entries-fewer', refusedLinks),
  'a file more when asked again': ofFiles('entries-more'),
  'model images listed otherwise': {
    applies: ({ trains }) => trains,
    draw: (draw) => [
      {
        kind: 'reset-after',
        name: 'upload without an answer',
        match: { call: 'training-image' },
        nth: draw.whole(2, 8),
      },
      {
        kind: draw.pick(['entries-reordered', 'entries-doubled', 'entries-null', 'entries-more']),
        match: { call: ['list-images', 'list-models'] },
        count: 3,
      },
    ],
  },
};
