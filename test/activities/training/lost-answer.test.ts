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

  it('is followed where its worker died between the record and the phase', async () => {
    await using stage = await openTraining({}, { trainingMs: 10 * 60_000 });
    const { remotes } = stage.studio.ledger;
    const { setModelPhase } = remotes;
    Object.assign(remotes, {
      setModelPhase: async (...words: Parameters<typeof setModelPhase>) => {
        if (words[3] === 'triggered') throw new Error('killed');
        return await setModelPhase(...words);
      },
    });
    // The vendor never begins.
    stage.change({ check: () => Promise.resolve({ phase: 'new' }) });
    const training = stage.train(await stage.startRun());
    await until(async () => (await stage.submissions())[0]?.state === 'submitted');
    Object.assign(remotes, { setModelPhase });
    expect(await stage.whileTimePasses(training)).toEqual({ kind: 'failed' });
    expect(await stage.whys()).toEqual(
      Array(2).fill(expect.stringContaining('still training after its time limit')),
    );
    expect(await stage.submissions()).toMatchObject([{ state: 'stalled' }]);
  });

  it('is paid for once where its model is deleted while the answer comes', async () => {
    await using stage = await openTraining({}, { trainingMs: 60 * 60_000 });
    const { ledger, access } = stage.studio;
    const { start } = stage.port;
    stage.change({
      start: async (id, deadline) => {
        stage.change({ start });
        await start(id, deadline);
        await stage.port.delete(id);
        await ledger.remotes.forgetModel(access.key, id);
      },
    });
    const isTriggered = () => stage.trainings().length === 1;
    const training = stage.train(await stage.startRun());
    expect(await stage.whileTimePasses(training, isTriggered)).toEqual({ kind: 'failed' });
    expect(await stage.whys()).toEqual(Array(2).fill('the vendor no longer has the model'));
    expect(await stage.submissions()).toMatchObject([{ state: 'failed' }]);
    expect(await stage.money()).toMatchObject({ spent: 300_000, reserved: 0, ambiguous: 0 });
    // The next run trains, and pays, again.
    expect(await stage.train(await stage.startRun())).toEqual({ kind: 'ready' });
    expect(await stage.money()).toMatchObject({ spent: 600_000 });
  });

  it('is followed where its answer comes while another model is made', async () => {
    await using stage = await openTraining();
    const { ledger, access } = stage.studio;
    const { start } = stage.port;
    // As if its sender slept: what was sent is taken for absent, and another model is begun.
    stage.change({
      start: async (id, deadline) => {
        stage.change({ start });
        await start(id, deadline);
        const [{ submission } = { submission: '' }] = await stage.submissions();
        await ledger.submissions.ambiguous(submission, 'no answer');
        await ledger.submissions.absent(submission, access.keyHash);
        const { account } = (await stage.submissions())[0]!;
        const { fingerprint } = (await stage.training())!;
        expect(await ledger.remotes.abandonModel(account, fingerprint)).toBe(true);
      },
    });
    expect(await stage.train(await stage.startRun())).toEqual({ kind: 'ready' });
    expect(stage.trainings()).toEqual(['success']);
    expect(await stage.money()).toMatchObject({ spent: 300_000, reserved: 0 });
  });
});
