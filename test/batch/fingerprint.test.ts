import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shotFingerprint, trainingFingerprint } from '../../src/batch/fingerprint.ts';
import type { ShotRequest } from '../../src/batch/request.ts';

const request: ShotRequest = {
  account: 'studio',
  model: 'painter',
  choice: { kind: 'public', id: 'painter' },
  prompt: 'a fox',
  aspectRatio: '4:5',
  options: { steps: 30, enhance: true },
  references: [
    { kind: 'file', sha256: 'aa', path: 'photos/a.jpg' },
    { kind: 'link', url: 'https://x.test/b.jpg' },
    { kind: 'output', sha256: 'cc', submission: 's1', index: 0, role: 'first_frame' },
  ],
};
const fingerprint = (changes: Partial<ShotRequest> = {}, take = 1) =>
  shotFingerprint({ ...request, ...changes }, take, 'image');

describe('shotFingerprint', () => {
  it('never changes by itself: a change here would make customers pay again', () => {
    expect(fingerprint()).toBe('2ad6ab0f28a55c0931ea43c1145ac8018acc5e44c584e87bd6cc1457d79e6944');
    expect(
      trainingFingerprint([{ sha256: 'b' }, { sha256: 'a' }], { age: 29, gender: 'Female' }),
    ).toBe('f64581b843cd2961f833096c0b43de5c576eca121a4e099dde3731c3c6a67475');
  });

  it('does not see the account, the path of a file or the submission behind an output', () => {
    const [file, link, output] = request.references;
    if (file?.kind !== 'file' || output?.kind !== 'output' || !link)
      throw new Error('changed above');
    const moved = [
      { ...file, path: 'elsewhere.jpg' },
      link,
      { ...output, submission: 's2', index: 3 },
    ];
    expect(fingerprint({ account: 'other', references: moved })).toBe(fingerprint());
  });

  it('sees everything that decides the result', () => {
    const set = { fingerprint: 'f', name: 'Anna', subject: {}, images: [] };
    const variants = [
      fingerprint(),
      fingerprint({}, 2),
      shotFingerprint(request, 1, 'edit'),
      fingerprint({ prompt: 'a fox ' }),
      fingerprint({ aspectRatio: '1:1' }),
      fingerprint({ seed: 0 }),
      fingerprint({ outputs: 2 }),
      fingerprint({ options: { steps: '30', enhance: true } }),
      fingerprint({ references: request.references.toReversed() }),
      fingerprint({ choice: { kind: 'existing', id: 'painter' } }),
      fingerprint({ choice: { kind: 'training', set } }),
    ];
    expect(new Set(variants).size).toBe(variants.length);
    const renamed = { ...set, name: 'Ann' };
    expect(fingerprint({ choice: { kind: 'training', set: renamed } })).toBe(variants.at(-1));
  });

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (options) => {
        const reversed = Object.fromEntries(Object.entries(options).toReversed());
        expect(fingerprint({ options: reversed as ShotRequest['options'] })).toBe(
          fingerprint({ options: options as ShotRequest['options'] }),
        );
      }),
    );
  });
});

describe('trainingFingerprint', () => {
  it('sees the images and the person, not the order', () => {
    const a = { sha256: 'a' };
    const b = { sha256: 'b' };
    expect(trainingFingerprint([a, b], {})).toBe(trainingFingerprint([b, a], {}));
    expect(trainingFingerprint([a, b], {})).not.toBe(trainingFingerprint([a], {}));
    expect(trainingFingerprint([a], { age: 1 })).not.toBe(trainingFingerprint([a], { age: 2 }));
  });
});
