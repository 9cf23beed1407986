import { describe, expect, it } from 'vitest';
import { dataOf, isDataUrl } from '../../../src/activities/outputs/data-url.ts';

const textOf = (url: string): string => Buffer.from(dataOf(url).bytes).toString();

describe('a data URL', () => {
  it('is told from an address', () => {
    expect(isDataUrl('DATA:text/plain,x')).toBe(true);
    expect(isDataUrl('https://x.test/data:text/plain,x')).toBe(false);
  });

  it('holds text of any script and any number of lines', () => {
    const text = 'Käse, 茶\nund Brot';
    const base64 = Buffer.from(text).toString('base64');
    expect(textOf(`data:text/plain;charset=utf-8;base64,${base64}`)).toBe(text);
    expect(textOf(`data:,${encodeURIComponent(text)}`)).toBe(text);
    expect(dataOf('data:,x').mime).toBe('text/plain');
    expect(dataOf('data:Image/PNG;base64,eA==').mime).toBe('image/png');
  });

  it('without a comma is none', () => {
    expect(() => dataOf('data:text/plain')).toThrow('not a data URL that can be read');
  });
});
