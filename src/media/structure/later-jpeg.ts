import type { ByteSource } from '../source.ts';
import { type Box, walkBoxes } from './boxes.ts';
import { Damage, endsWithin, type Found } from './damage.ts';

export async function walkJpegXl(source: ByteSource, found: Found): Promise<void> {
  if ((await source.read(0, 2)).readUInt16BE(0) === 0xff0a) {
    found.openEnded = true;
    return;
  }
  let hasImage = false;
  const visit = ({ type }: Box): void => {
    hasImage ||= type === 'jxlc' || type === 'jxlp';
  };
  await walkBoxes(source, found, visit, () => hasImage);
  if (!hasImage) throw new Damage('it holds no image data');
}

const endOfCodestream = Buffer.from([0xff, 0xd9]);

export async function walkJpeg2000(source: ByteSource, found: Found): Promise<void> {
  if ((await source.read(0, 2)).readUInt16BE(0) === 0xff4f)
    return await readCodestream(source, 0, source.size, found);
  let hasImage = false;
  const visit = async ({ type, from, to }: Box): Promise<void> => {
    if (type !== 'jp2c' || hasImage) return;
    hasImage = true;
    await readCodestream(source, from, to, found);
    // Its end marker shows its end.
    found.openEnded = false;
  };
  await walkBoxes(source, found, visit, () => hasImage);
  if (!hasImage) throw new Damage('it holds no image data');
}

async function readCodestream(
  source: ByteSource,
  from: number,
  to: number,
  found: Found,
): Promise<void> {
  const head = await source.read(from, 24);
  if (head.length < 24) throw endsWithin('its header');
  found.width = head.readUInt32BE(8) - head.readUInt32BE(16);
  found.height = head.readUInt32BE(12) - head.readUInt32BE(20);
  if (!(await source.read(to - 2, 2)).equals(endOfCodestream))
    throw new Damage('it does not end with its end marker (EOC)');
}
