import { describe, expect, it } from 'vitest';
import { UploadTries } from '../../../src/activities/uploads/upload-tries.ts';

describe('an upload that fails again and again', () => {
  it('is blamed on the file when others arrive meanwhile', () => {
    const tries = new UploadTries();
    const blamed = Array.from({ length: 6 }, (_, time) => {
      if (time === 2) tries.arrived('other');
      return tries.failed('file');
    });
    expect(blamed).toEqual([false, false, false, false, true, true]);
  });

  it('is blamed on the vendor when nothing arrives', () => {
    const tries = new UploadTries();
    tries.arrived('before');
    const blamed = Array.from({ length: 20 }, () => tries.failed('file'));
    expect(blamed).not.toContain(true);
  });

  it('is counted again once the file has arrived', () => {
    const tries = new UploadTries();
    for (let time = 0; time < 4; time++) tries.failed('file');
    tries.arrived('other');
    tries.arrived('file');
    expect(tries.failed('file')).toBe(false);
  });
});
