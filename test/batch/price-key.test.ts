import { describe, expect, it } from 'vitest';
import { priceKey } from '../../src/batch/price-key.ts';
import type { ShotRequest } from '../../src/batch/request.ts';

const request: ShotRequest = {
  account: 'studio',
  model: 'painter',
  choice: { kind: 'public', id: 'painter' },
  prompt: 'a fox',
  resolution: '2K',
  options: { steps: 30, enhance: true },
  references: [
    { kind: 'file', sha256: 'aa', path: 'photos/a.jpg' },
    { kind: 'link', url: 'https://x.test/b.jpg', role: 'first_frame' },
  ],
};
const key = (changes: Partial<ShotRequest> = {}) => priceKey({ ...request, ...changes });

describe('priceKey', () => {
  it('is the same for other words, seeds and images', () => {
    const references = [
      { kind: 'link', url: 'https://x.test/c.jpg', role: 'first_frame' },
      { kind: 'output', sha256: 'cc', submission: 's1', index: 0 },
    ] as const;
    const options = { enhance: true, steps: 30 };
    expect(key({ prompt: 'a hen', seed: 7, references, options, outputs: 1 })).toBe(key());
  });

  it('is another for another model, setting, number of files or of references', () => {
    const others = [
      key(),
      key({ model: 'drawer' }),
      key({ choice: { kind: 'existing', id: 'mine' } }),
      key({ resolution: '4K' }),
      key({ aspectRatio: '1:1' }),
      key({ duration: 5 }),
      key({ outputs: 2 }),
      key({ options: { steps: 31, enhance: true } }),
      key({ references: request.references.slice(1) }),
    ];
    expect(new Set(others).size).toBe(others.length);
  });

  it('is the same whichever trained model is asked', () => {
    expect(key({ choice: { kind: 'existing', id: 'a' } })).toBe(
      key({ choice: { kind: 'existing', id: 'b' } }),
    );
  });
});
