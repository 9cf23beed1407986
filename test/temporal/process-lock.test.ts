import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isHeld, takeLock, tryLock } from '../../src/temporal/process-lock.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shotlist-lock-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('tryLock', () => {
  it('gives the lock to one holder at a time', () => {
    const file = join(folder, 'a.lock');
    const lock = tryLock(file);
    expect(tryLock(file)).toBeUndefined();
    lock?.release();
    expect(tryLock(file)).toBeDefined();
  });
});

describe('takeLock', () => {
  it('lets any number of holders through, one after the other', async () => {
    let inside = 0;
    const work = async () => {
      const lock = await takeLock(join(folder, 'a.lock'));
      inside += 1;
      expect(inside).toBe(1);
      await new Promise(setImmediate);
      inside -= 1;
      lock.release();
    };
    await Promise.all([work(), work(), work()]);
  });
});

describe('isHeld', () => {
  it('removes what a dead holder left behind', () => {
    const file = join(folder, 'a.lock');
    const lock = tryLock(file);
    expect(isHeld(file)).toBe(true);
    lock?.release();
    expect(isHeld(file)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });
});
