import { describe, expect, it } from 'vitest';
import { didYouMean } from '../../../src/batch/file/suggest.ts';

describe('didYouMean', () => {
  it.each([
    ['aspectRatoi', ['seed', 'aspectRatio'], 'aspectRatio'],
    ['preset', ['steps', 'preset_id'], 'preset_id'],
    ['linnen', ['linen', 'denim'], 'linen'],
    ['PROMPT', ['prompt'], 'prompt'],
    ['zebra', ['linen', 'denim'], undefined],
    ['', ['a'], undefined],
  ])('answers %s', (written, allowed, meant) => {
    expect(didYouMean(written, allowed)).toBe(meant);
  });
});
