import { describe, expect, it } from 'vitest';
import { imageBytesMax, mediaOnly } from '../../../src/activities/outputs/media-only.ts';
import { svgBytesMax } from '../../../src/media/structure/svg.ts';
import { failure } from '../../http/server.ts';

describe('a file that is fetched', () => {
  it('of no known kind ends at its first bytes, also where they come one by one', async () => {
    let taken = 0;
    async function* junk(): AsyncGenerator<Uint8Array> {
      for (;;) {
        taken += 1;
        yield Buffer.from('j');
      }
    }
    const whole = async (): Promise<void> => {
      for await (const _ of mediaOnly(junk()));
    };
    expect(await failure(whole())).toMatchObject({ name: 'NotMediaError' });
    expect(taken).toBeLessThan(10_000);
  });

  it.each([
    ['an image', 'GIF89a', imageBytesMax],
    ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg">', svgBytesMax],
    ['of no known kind', '8BPS\0\x01', imageBytesMax],
  ])('has its limit where it is %s', async (_, head, bytesMax) => {
    async function* large(): AsyncGenerator<Uint8Array> {
      yield Buffer.concat([Buffer.from(head), Buffer.alloc(5_000, 32)]);
      const piece = Buffer.alloc(1 << 20);
      for (;;) yield piece;
    }
    let received = 0;
    const whole = async (): Promise<void> => {
      for await (const chunk of mediaOnly(large(), { unknown: true })) received += chunk.length;
    };
    expect(String(await failure(whole()))).toContain(`the file is larger than ${bytesMax} bytes`);
    expect(received).toBeLessThan(bytesMax + 2 * (1 << 20));
  });

  it('of XML without end is looked at a few times only, however it drips in', async () => {
    let taken = 0;
    async function* comment(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('<!-- ');
      for (; ; taken += 1) yield Buffer.from('x');
    }
    const whole = async (): Promise<void> => {
      for await (const chunk of mediaOnly(comment())) expect(chunk).toHaveLength(0);
    };
    expect(await failure(whole())).toMatchObject({ name: 'NotMediaError' });
    expect(taken).toBeLessThan(600_000);
  });
});
