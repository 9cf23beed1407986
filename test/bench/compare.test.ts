import { describe, expect, it } from 'vitest';
import { answersDropped, cutOff } from '../../bench/faults/compare/answers.ts';
import {
  type Entry,
  type Evidence,
  repeatsIn,
  twinsIn,
} from '../../bench/faults/compare/evidence.ts';
import {
  couldBeTold,
  parkedByReason,
  refusedAndParked,
} from '../../bench/faults/compare/parked.ts';
import { mixedUp } from '../../bench/faults/compare/files.ts';
import { duplicatesIn, trainedTwice } from '../../bench/faults/compare/paid-twice.ts';
import { drawScenario } from '../../bench/faults/scenario.ts';
import type { ShotRow, SubmissionRow } from '../../src/ledger/port.ts';

const noon = Date.UTC(2026, 0, 1, 12);
const at = (seconds: number): string => new Date(noon + seconds * 1_000).toISOString();

function entry(id: string, prompt: string, more: Partial<Entry> = {}): Entry {
  return {
    vendor: 'photogpt',
    kind: 'generate',
    id,
    at: at(0),
    requestSha: prompt,
    request: { prompt, modelID: 'nanobanana-pro' },
    reply: 'answered',
    by: 'client',
    arrivedAt: at(0),
    closedAt: null,
    cost: 10,
    state: 'success',
    refunded: false,
    outputs: [],
    ...more,
  };
}

interface Asked {
  readonly prompt: string;
  readonly shape?: string;
  readonly state: SubmissionRow['state'];
  readonly job?: string;
  readonly second?: number;
  readonly why?: string;
}

/** The books of one run: what the vendor accepted, and what the ledger asked for. */
function evidence(
  accepted: readonly Entry[],
  asked: readonly Asked[],
  more: Partial<Evidence> = {},
): Evidence {
  const account = 'photogpt@http://127.0.0.1:1';
  const shots = asked.map(({ prompt, shape, state, why = 'ambiguous' }, index) => ({
    key: `stills/${prompt}`,
    state: state === 'parked' ? 'parked' : 'done',
    why,
    submission: `s${index}`,
    request: { prompt, aspectRatio: shape, model: 'nanobanana-pro' },
  }));
  const submissions = asked.map(({ prompt, state, job = null, second = 0, why }, index) => ({
    submission: `s${index}`,
    key: `stills/${prompt}`,
    why: why ?? null,
    account,
    state,
    jobId: job,
    claimedAt: noon + second * 1_000,
  }));
  const known = new Set(submissions.map(({ jobId }) => jobId));
  const repeats = repeatsIn(accepted, known);
  const scenario = drawScenario(1, {
    vendors: ['photogpt'],
    revealing: true,
    faults: [],
    incidents: [],
    simulator: { clockAheadMs: 0 },
  });
  return {
    folder: '',
    scenario,
    book: { accepted, refused: [], models: [], uploads: [], faults: {}, underWay: 0 },
    entries: accepted.filter((each) => !repeats.has(each)),
    repeats: [...repeats],
    twins: twinsIn(accepted, known),
    ledger: {
      shots: shots as unknown as ShotRow[],
      submissions: submissions as unknown as SubmissionRow[],
      money: [],
      accepted: new Map(),
    },
    befallen: {},
    endings: [],
    kills: 0,
    heard: [],
    ...more,
  };
}

describe('requests that were paid twice', () => {
  it('are those of which two jobs did not fail', () => {
    const failed = entry('a', 'cat', { state: 'failed' });
    expect(duplicatesIn(evidence([failed, entry('b', 'cat')], []))).toEqual([]);
    expect(duplicatesIn(evidence([entry('a', 'cat'), entry('b', 'cat')], []))).toHaveLength(1);
  });

  it('are none of ours where a gateway sent the second, whichever of the two the ledger has', () => {
    const pair = [entry('a', 'cat', { reply: 'withheld' }), entry('b', 'cat', { by: 'gateway' })];
    for (const job of ['a', 'b'])
      expect(duplicatesIn(evidence(pair, [{ prompt: 'cat', state: 'succeeded', job }]))).toEqual(
        [],
      );
    const [first] = pair;
    expect(evidence(pair, []).repeats).toEqual([first]);
    const both = ['a', 'b'].map((job) => ({ prompt: 'cat', state: 'succeeded' as const, job }));
    expect(duplicatesIn(evidence(pair, both))).toEqual([]);
    expect(duplicatesIn(evidence([...pair, entry('c', 'cat')], both))).toHaveLength(1);
  });

  it('are trainings of one subject by two models', () => {
    const train = { kind: 'train', request: {} } as const;
    const models = [
      { id: 'm1', fields: { name: 'Anna' } },
      { id: 'm2', fields: { name: 'Anna' } },
      { id: 'm3', fields: { name: 'Bert' } },
    ];
    const trained = (...ids: string[]) => {
      const books = evidence(
        ids.map((id) => entry(id, id, train)),
        [],
      );
      return trainedTwice({ ...books, book: { ...books.book, models } });
    };
    expect(trained('m1', 'm3')).toEqual([]);
    expect(trained('m1', 'm2')).toHaveLength(1);
  });
});

describe('a shot that is parked', () => {
  it('could be told by a job that tells its prompt, where nobody else asked for it', () => {
    const accepted = [entry('a', 'cat')];
    const parked = { prompt: 'cat', state: 'parked' } as const;
    expect(couldBeTold(evidence(accepted, [parked]))).toHaveLength(1);
    expect(couldBeTold(evidence(accepted, [parked, parked]))).toEqual([]);
  });

  it('could be told by a list that shows none of its own and later ones', () => {
    const later = entry('b', 'dog', { at: at(20) });
    const dog = { prompt: 'dog', state: 'succeeded', job: 'b', second: 20 } as const;
    const parked = { prompt: 'cat', state: 'parked' } as const;
    expect(couldBeTold(evidence([later], [parked, dog]))).toHaveLength(1);
    const earlier = entry('b', 'dog', { at: at(-20) });
    expect(couldBeTold(evidence([earlier], [parked, dog]))).toEqual([]);
  });

  it('could not be told by a vendor whose list is in doubt', () => {
    const books = evidence([entry('a', 'cat')], [{ prompt: 'cat', state: 'parked' }]);
    expect(couldBeTold({ ...books, befallen: { 'clock stepped': 1 } })).toEqual([]);
    const faults = { 'list omits': 3 };
    expect(couldBeTold({ ...books, book: { ...books.book, faults } })).toEqual([]);
  });

  it('is parked in vain where the vendor refused it', () => {
    const books = evidence([], [{ prompt: 'cat', state: 'parked' }]);
    const refusal = { vendor: 'photogpt', at: at(1), status: 429, request: { prompt: 'cat' } };
    const refused = { ...books, book: { ...books.book, refused: [refusal] } };
    expect(refusedAndParked(refused)).toHaveLength(1);
    expect(refusedAndParked({ ...refused, kills: 1 })).toEqual([]);
    expect(refusedAndParked(books)).toEqual([]);
  });

  it('is counted by what could not be told, without names and numbers', () => {
    const why = (id: string, jobs: number) =>
      `no answer (${id}): POST x, and ${jobs} jobs may be it`;
    const parked = [1, 2].map((jobs) => ({
      prompt: `cat ${jobs}`,
      state: 'parked' as const,
      why: why('ECONNRESET', jobs),
    }));
    expect(parkedByReason(evidence([], parked))).toEqual({ 'N jobs may be it': 2 });
  });
});

describe('the image of a shot', () => {
  const square = { prompt: 'cat', modelID: 'nanobanana-pro', aspectRatio: '1:1' };
  const first = entry('a', 'cat', { request: square });
  const repeat = entry('b', 'cat', { request: square, by: 'gateway' });
  const own = { prompt: 'cat', shape: '1:1', state: 'succeeded', job: 'a' } as const;
  const wide = { prompt: 'cat', shape: '16:9', state: 'succeeded', job: 'b' } as const;

  it('is not that of another shot', () => {
    const theirs = entry('b', 'cat', { request: square });
    expect(mixedUp(evidence([first, theirs], [own, wide]))).toHaveLength(1);
    expect(mixedUp(evidence([first], [own]))).toEqual([]);
  });

  it('cannot be told from the one request of that time that a gateway repeated', () => {
    expect(mixedUp(evidence([first, repeat], [own, wide]))).toEqual([]);
    const swapped = [
      { ...own, job: 'b' },
      { ...wide, job: 'a' },
    ];
    expect(mixedUp(evidence([first, repeat], swapped))).toEqual([]);
    const another = entry('c', 'dog', { by: 'gateway' });
    expect(mixedUp(evidence([first, repeat, another], [own, wide]))).toHaveLength(1);
  });

  it('need not be told where something on the way sends requests twice', () => {
    const another = entry('c', 'dog', { by: 'gateway' });
    const asked = { prompt: 'cat', shape: '16:9', state: 'parked' } as const;
    expect(couldBeTold(evidence([first, repeat], [own, asked]))).toHaveLength(1);
    expect(couldBeTold(evidence([first, repeat, another], [own, asked]))).toEqual([]);
  });
});

describe('an answer', () => {
  it('is dropped where nobody died and its job is in no row', () => {
    const books = evidence([entry('a', 'cat')], [{ prompt: 'cat', state: 'succeeded', job: 'b' }]);
    expect(answersDropped(books)).toHaveLength(1);
    expect(answersDropped({ ...books, kills: 1 })).toEqual([]);
    expect(answersDropped({ ...books, kills: 1, heard: ['s0'] })).toHaveLength(1);
  });

  it('was given up where the client says that it waited to its limit', () => {
    const asked = { prompt: 'cat', state: 'parked', why: 'no answer within 700 ms' } as const;
    expect(answersDropped(evidence([entry('a', 'cat')], [asked]))).toEqual([]);
    const reset = { ...asked, why: 'no answer (ECONNRESET)' };
    expect(answersDropped(evidence([entry('a', 'cat')], [reset]))).toHaveLength(1);
  });

  it('was not in hand where it was for another shape of the same prompt', () => {
    const asked = { prompt: 'cat', shape: '16:9', state: 'succeeded', job: 'b' } as const;
    const books = evidence([entry('a', 'cat')], [asked]);
    expect(answersDropped({ ...books, kills: 1, heard: ['s0'] })).toEqual([]);
  });

  it('is cut off where a process that was told to end closed the connection before its limit', () => {
    const gone = entry('a', 'cat', { reply: 'gone', closedAt: at(0.2) });
    const ending = {
      ...{ signal: 'SIGHUP', twice: false, isOfSender: true },
      ...{ at: noon, endedAt: noon + 300 },
    };
    const books = evidence([gone], [], { endings: [ending] });
    expect(cutOff(books)).toEqual(['SIGHUP cut off the paid request of job a']);
    expect(cutOff({ ...books, endings: [{ ...ending, twice: true }] })).toEqual([]);
    expect(cutOff({ ...books, endings: [{ ...ending, isOfSender: false }] })).toEqual([]);
    const patient = entry('a', 'cat', { reply: 'gone', closedAt: at(0.7) });
    expect(cutOff(evidence([patient], [], { endings: [ending] }))).toEqual([]);
  });

  it('is not cut off where the vendor alone saw it late', () => {
    const gone = entry('a', 'cat', { reply: 'gone', arrivedAt: at(0.5), closedAt: at(1) });
    const ending = {
      ...{ signal: 'SIGINT', twice: false, isOfSender: true },
      ...{ at: noon, endedAt: noon + 1_100 },
    };
    const asked = { prompt: 'cat', state: 'succeeded', job: 'a' } as const;
    const books = (second: number) =>
      evidence([gone], [{ ...asked, second }], { endings: [ending] });
    expect(cutOff(books(0.2))).toEqual([]);
    expect(cutOff(books(0.5))).toHaveLength(1);
    expect(cutOff(books(-100))).toHaveLength(1);
  });
});
