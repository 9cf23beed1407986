import { describe, expect, it } from 'vitest';
import { nothingLearned, type Learned } from '../../../src/providers/port.ts';
import { wonda } from '../../../src/providers/wonda/index.ts';
import { startOf } from '../requests.ts';

type Fields = Parameters<typeof startOf>[1];

const live = { generation: { text: [{ key: 'writer' }] } };

function offerOf(learned: Partial<Learned> = {}) {
  return wonda.offer({}, { ...nothingLearned, models: live, ...learned });
}

const request = (model: string, fields: Fields = {}) => startOf(model, fields).request;

function keyOf(model: string, fields: Fields = {}): string | undefined {
  return offerOf().quoteKey?.(request(model, fields));
}

describe('the key of a price', () => {
  it('holds the model and its parameters in one order', () => {
    expect(keyOf('nano-banana-2', { prompt: 'x', resolution: '2K', aspectRatio: '1:1' })).toBe(
      '{"model":"nano-banana-2","params":{"aspectRatio":"1:1","resolution":"2K"}}',
    );
  });

  it('is one for all prompts and references, but not where text is paid by length', () => {
    expect(keyOf('z-image', { prompt: 'a' })).toBe(keyOf('z-image', { prompt: 'b' }));
    expect(keyOf('writer', { prompt: 'a' })).not.toBe(keyOf('writer', { prompt: 'b' }));
    expect(keyOf('writer', { prompt: 'a\nb' })).not.toContain('\n');
  });
});

describe('price', () => {
  it('is what the vendor said for the same key', () => {
    const key = keyOf('nano-banana-2', { resolution: '2K' });
    const offer = offerOf({ quote: (asked) => (asked === key ? 60_000 : undefined) });
    const dear = request('nano-banana-2', { prompt: 'x', resolution: '2K' });
    expect(offer.price(dear, {})).toEqual({ amount: 60_000, unit: 'usd', basis: 'quoted' });
    const other = request('nano-banana-2', { prompt: 'x', resolution: '4K' });
    expect(offer.price(other, {})).toEqual({ amount: null, unit: 'usd', basis: 'unknown' });
  });

  it('is what shotlist.yaml says before that', () => {
    const offer = offerOf({ quote: () => 1 });
    const prices = { 'nano-banana-2': { '1K': '0.04', '4K': '0.12' }, sora2: '0.5' };
    const amount = (model: string, fields: Fields = {}) =>
      offer.price(request(model, fields), prices).amount;
    expect(amount('nano-banana-2')).toBe(40_000);
    expect(amount('nano-banana-2', { resolution: '4K' })).toBe(120_000);
    expect(amount('nano-banana-2', { resolution: '2K' })).toBeNull();
    expect(amount('sora2')).toBe(500_000);
    expect(amount('z-image')).toBe(1);
  });

  it('of a training is unknown: nothing is trained here', () => {
    expect(offerOf()).toMatchObject({ training: undefined });
    expect(offerOf().trainingPrice({}).amount).toBeNull();
  });
});
