import { describe, expect, it } from 'vitest';
import { memo } from '../src/memo.ts';

describe('memo', () => {
  it('works once, and shares the work with all who ask', async () => {
    let times = 0;
    const shared = memo(async () => ++times);
    expect(shared.current).toBeUndefined();
    expect(await Promise.all([shared.get(), shared.get()])).toEqual([1, 1]);
    expect(await shared.get()).toBe(1);
    expect(await shared.current).toBe(1);
  });

  it('reports a failure to those who wait, forgets it, and starts again', async () => {
    let times = 0;
    const shared = memo(async () => {
      times += 1;
      if (times === 1) throw new Error('EMFILE');
      return times;
    });
    const answers = await Promise.allSettled([shared.get(), shared.get()]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(shared.current).toBeUndefined();
    expect(await shared.get()).toBe(2);
  });
});
