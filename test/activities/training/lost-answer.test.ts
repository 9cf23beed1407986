import { describe, expect, it } from 'vitest';
import { openTraining, until } from './training-stage.ts';

const trigger = { method: 'GET', path: '/train$' };
const lost = { kind: 'reset-after', match: trigger, nth: 1 } as const;

describe.concurrent('a training whose record and model do not agree', () => {
  it('is left to a person where its answer was lost and its model is gone', async () => {
    await using stage = await openTraining({ faults: [lost] }, { postMs: 300 });
    const { ledger } = stage.studio;
    const isTriggered = () => stage.trainings().length === 1;
    const { check } = stage.port;
    let questions = 0;
    const training = stage.train(await stage.startRun());
    await until(isTriggered);
    await stage.deleteModel();
    stage.change({ check: async (id) => (questions++, await check(id)) });
    expect(await stage.whileTimePasses(training, isTriggered)).toEqual({ kind: 'failed' });
    expect(questions).toBeLessThan(100);
    expect(await stage.whys()).toEqual(
      Array(2).fill(
        expect.stringMatching(/the vendor no longer shows the model; shotlist resolve anna$/),
      ),
    );
    expect(await stage.money()).toMatchObject({ spent: 0, ambiguous: 300_000 });
    // A person has it sent again: what was sent first stays counted.
    const [{ submission } = { submission: '' }] = await stage.submissions();
    expect(await ledger.submissions.resolve(submission, { kind: 'again', batch: 'anna' })).toEqual([
      'anna',
    ]);
    const again = stage.train(await stage.startRun());
    const isOld = () => stage.studio.simulator.book.models.length === 1;
    expect(await stage.whileTimePasses(again, isOld)).toEqual({ kind: 'ready' });
    expect(await stage.money()).toMatchObject({ spent: 600_000, ambiguous: 0 });
  });
});
