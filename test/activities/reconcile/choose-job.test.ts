import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../../src/activities/reconcile/candidates.ts';
import {
  chooseJobs,
  mayHaveBeenRepeated,
  type Question,
} from '../../../src/activities/reconcile/choose-job.ts';
import type { ShotRequest } from '../../../src/batch/request.ts';
import type { Ledger, CompetingSubmission } from '../../../src/ledger/port.ts';

const at = Date.UTC(2026, 0, 31, 12);
const second = 1_000;
/** No request of these tests reads an output. */
const ledger = { remotes: {} } as Pick<Ledger, 'remotes'>;

const cutout = (image: string): ShotRequest => ({
  account: 'acme',
  model: 'quick',
  choice: { kind: 'public', id: 'quick' },
  prompt: 'remove the background',
  options: {},
  references: [{ kind: 'file', sha256: image, path: `${image}.jpg` }],
});

const jobMadeAt = (madeAt: number | null, fit: Candidate['fit'] = 'same'): Candidate => ({
  job: { job: {}, id: 'j', createdAt: madeAt, billed: null },
  madeAt,
  reported: fit === 'untold' ? {} : { prompt: 'remove the background' },
  fit,
  hasEnded: true,
});

const competitorFrom = (
  claimedAt: number,
  changes: Partial<CompetingSubmission> = {},
): CompetingSubmission => ({
  request: cutout('other'),
  claimedAt,
  deadlineAt: claimedAt + 65 * second,
  onItsWay: false,
  inGap: false,
  ...changes,
});

const ambiguous: Question['ambiguous'] = {
  submission: 's',
  request: cutout('own'),
  claimedAt: at,
  sendBy: at + 5 * second,
  deadlineAt: at + 65 * second,
  overAt: null,
  gap: null,
  why: 'reset',
};

const ask = (
  candidates: readonly Candidate[],
  competing: readonly CompetingSubmission[] = [],
  jumpedMs = 0,
  unreadable = 0,
) => {
  const sighting = { strangers: 0, candidates, overlooked: 0, unseenMs: 0, unreadable };
  return chooseJobs(ledger, { ambiguous, competing, jumpedMs, sighting });
};

describe('the job of a request without an answer', () => {
  it('is the one that tells its prompt', async () => {
    const job = jobMadeAt(at + second);
    expect(await ask([job])).toEqual([job]);
  });

  it('is not one that a later request with the same prompt may have made', async () => {
    const job = jobMadeAt(at + 80 * second);
    expect(await ask([job], [competitorFrom(at + 79 * second)])).toEqual([]);
    expect(await ask([job], [competitorFrom(at + 300 * second)])).toEqual([job]);
  });

  it('waits for the answer of a request that is still on its way and may have made it', async () => {
    const onItsWay = competitorFrom(at + 79 * second, { onItsWay: true });
    expect(await ask([jobMadeAt(at + 80 * second)], [onItsWay])).toBe('wait');
    expect(await ask([jobMadeAt(at + 30 * second, 'untold')], [onItsWay])).toBe('wait');
  });

  it('may be any of as many as equal requests wait for one', async () => {
    const jobs = [jobMadeAt(at + second), jobMadeAt(at + 2 * second)];
    const equal = competitorFrom(at, { request: cutout('own') });
    expect(await ask(jobs, [equal])).toEqual(jobs);
    expect(await ask([...jobs, jobMadeAt(at + 3 * second)], [equal])).toEqual([]);
  });

  it('is the only one there is, made at the time of the request, when none tells anything', async () => {
    const job = jobMadeAt(at + second, 'untold');
    expect(await ask([job])).toEqual([job]);
    expect(await ask([job], [competitorFrom(at)])).toEqual([]);
    expect(await ask([jobMadeAt(at + 90 * second, 'untold')])).toEqual([]);
    expect(await ask([jobMadeAt(null, 'untold')])).toEqual([]);
  });

  it('is one that was made in a gap only where it tells what was asked for', async () => {
    const gap = competitorFrom(at + second, { request: null, inGap: true });
    const reported = jobMadeAt(at + 2 * second);
    expect(await ask([reported], [gap])).toEqual([reported]);
    expect(await ask([jobMadeAt(at + 2 * second, 'untold')], [gap])).toEqual([]);
  });

  it('is not told where an entry of the list cannot be read, which may be the one', async () => {
    const untold = jobMadeAt(at + second, 'untold');
    expect(await ask([untold], [], 0, 1)).toEqual([]);
    const same = jobMadeAt(at + second);
    expect(await ask([same], [], 0, 1)).toEqual([]);
    // As many requests as jobs may be: each has one.
    const equal = competitorFrom(at, { request: cutout('own') });
    expect(await ask([same], [equal], 0, 1)).toEqual([same]);
  });

  it('may be the repeat of an answered request where something on the way sends requests twice', async () => {
    const answered = (image: string) => ({
      ...{ job: {}, jobId: 'known', claimedAt: at, submittedAt: at + second, sameModel: true },
      request: cutout(image),
    });
    const seen = (strangers: number) => {
      const sighting = { strangers, candidates: [job], overlooked: 0, unseenMs: 0, unreadable: 0 };
      return { ambiguous, competing: [], sighting };
    };
    const job = jobMadeAt(at + second);
    const makers = mayHaveBeenRepeated(seen(2), [answered('other')]);
    expect(await ask([job], makers)).toEqual([]);
    expect(mayHaveBeenRepeated(seen(1), [answered('other')])).toEqual([]);
    expect(mayHaveBeenRepeated(seen(2), [answered('own')])).toEqual([]);
  });

  it('is never one that tells another prompt', async () => {
    expect(await ask([jobMadeAt(at + second, 'differs')])).toEqual([]);
  });

  it('may have been made by any request when its time cannot be read', async () => {
    expect(await ask([jobMadeAt(null)], [competitorFrom(at - 110 * second)])).toEqual([]);
  });

  it('may have been made by one that was held up while the machine slept', async () => {
    const job = jobMadeAt(at + 900 * second);
    const sleeper = competitorFrom(at);
    expect(await ask([job], [sleeper], 3_600 * second)).toEqual([]);
    expect(await ask([job], [sleeper])).toEqual([job]);
  });
});
