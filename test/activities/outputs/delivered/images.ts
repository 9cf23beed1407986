import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import {
  boxAt,
  cut,
  half,
  join,
  latin,
  patched,
  pngChunk,
  pngChunks,
  riff,
  sample,
  u16le,
  u32be,
  u32le,
} from '../../../media/containers.ts';
import { damaged, kept, type DeliveredFile } from './delivered-file.ts';

const size = [64, 48] as const;
const noise = Buffer.from(Array.from({ length: 64 * 48 * 3 }, (_, index) => (index * 7919) % 251));
const raw = () => sharp(noise, { raw: { width: 64, height: 48, channels: 3 } });
const jpeg = () => raw().jpeg().toBuffer();
const png = () => raw().png().toBuffer();
const gif = () => raw().gif().toBuffer();
const webp = () => raw().webp().toBuffer();
const avif = () => raw().avif().toBuffer();
const tiff = () => raw().tiff({ compression: 'lzw' }).toBuffer();
const frames = () =>
  sharp(Buffer.alloc(16 * 32 * 3, 90), {
    raw: { width: 16, height: 32, channels: 3, pageHeight: 16 },
  });

const noEnd = 'the file ends before its end marker (EOI)';

export const jpegs: readonly DeliveredFile[] = [
  kept('JPEG', 'jpg', jpeg, { size }),
  kept('JPEG, progressive', 'jpg', () => raw().jpeg({ progressive: true }).toBuffer(), { size }),
  kept('JPEG, CMYK', 'jpg', () => raw().toColourspace('cmyk').jpeg().toBuffer(), { size }),
  kept('JPEG with EXIF and a thumbnail in it', 'jpg', async () => {
    const [image, small] = [await jpeg(), await raw().resize(8).jpeg().toBuffer()];
    const exif = join('\xff\xe1', u32be(small.length + 8).subarray(2), 'Exif\0\0', small);
    return join(image.subarray(0, 2), exif, image.subarray(2));
  }),
  kept('JPEG with 8 KB behind its end', 'jpg', async () => join(await jpeg(), randomBytes(8_192))),
  kept('JPEG with fill bytes before a marker', 'jpg', async () => {
    const image = await jpeg();
    return join(image.subarray(0, 2), '\xff\xff\xff', image.subarray(2));
  }),
  damaged('JPEG without its last two bytes', 'jpg', noEnd, async () => cut(await jpeg(), 2), {
    size,
  }),
  damaged('half a JPEG', 'jpg', noEnd, async () => half(await jpeg()), { size }),
  damaged('JPEG whose second half is zeros', 'jpg', noEnd, async () => {
    const image = await jpeg();
    return patched(image, image.length / 2, Buffer.alloc(image.length / 2));
  }),
  damaged('JPEG that ends within its header', 'jpg', 'the file ends within a segment', async () =>
    (await jpeg()).subarray(0, 40),
  ),
  damaged('JPEG without image data', 'jpg', 'it holds no image data', () =>
    latin('\xff\xd8\xff\xfe\0\x04hi\xff\xd9'),
  ),
];

const pngOf = (side: number): Buffer =>
  join(
    '\x89PNG\r\n\x1a\n',
    pngChunk('IHDR', join(u32be(side), u32be(side), '\x01\0\0\0\0')),
    pngChunk('IDAT', deflateSync(Buffer.alloc(1_000))),
    pngChunk('IEND', Buffer.alloc(0)),
  );
/** With a byte of the data of one chunk changed. */
const withBadChunk = async (type: string): Promise<Buffer> => {
  const text = pngChunk('tEXt', latin('Comment\0made'));
  const image = await png();
  const commented = join(image.subarray(0, 33), text, image.subarray(33));
  const chunk = [...pngChunks(commented)].find((each) => each.type === type);
  return patched(commented, (chunk?.end ?? 0) - 6, latin('?'));
};

export const pngs: readonly DeliveredFile[] = [
  kept('PNG', 'png', png, { size }),
  kept('PNG, interlaced, with a palette', 'png', () =>
    raw().png({ palette: true, progressive: true }).toBuffer(),
  ),
  kept('PNG, animated (APNG)', 'png', async () => {
    const image = await png();
    const control = pngChunk('acTL', join(u32be(1), u32be(0)));
    return join(image.subarray(0, 33), control, image.subarray(33));
  }),
  kept('PNG with bytes behind its end', 'png', async () => join(await png(), '\r\n')),
  kept('PNG whose comment has a wrong checksum', 'png', () => withBadChunk('tEXt')),
  damaged(
    'PNG whose image data have a wrong checksum',
    'png',
    'the checksum of its chunk IDAT is wrong',
    () => withBadChunk('IDAT'),
  ),
  damaged(
    'half a PNG',
    'png',
    'the file ends within its chunk IDAT',
    async () => half(await png()),
    {
      size,
    },
  ),
  damaged(
    'PNG without its last chunk',
    'png',
    'the file ends before its last chunk (IEND)',
    async () => cut(await png(), 12),
  ),
  damaged(
    'PNG of 50,000 by 50,000 pixels, which is not unpacked',
    'png',
    'it has 50000 x 50000 pixels, more than anything here opens',
    () => pngOf(50_000),
  ),
];

export const otherImages: readonly DeliveredFile[] = [
  kept('GIF', 'gif', gif, { size }),
  kept('GIF, animated', 'gif', () => frames().gif().toBuffer()),
  damaged('GIF without its trailer', 'gif', 'the file ends before its trailer', async () =>
    cut(await gif(), 1),
  ),
  damaged('half a GIF', 'gif', 'the file ends before its trailer', async () => half(await gif())),
  kept('WebP', 'webp', webp, { size }),
  kept('WebP, lossless', 'webp', () => raw().webp({ lossless: true }).toBuffer(), { size }),
  kept('WebP, animated', 'webp', () => frames().webp().toBuffer()),
  kept('WebP under the name of a PNG', 'webp', webp, { size }),
  kept('WebP with a line end behind it', 'webp', async () => join(await webp(), '\n')),
  damaged('half a WebP', 'webp', 'the file ends within its data', async () => half(await webp())),
  damaged('WebP without an image', 'webp', 'it holds no image data', () =>
    riff('RIFF', 'WEBP', riff('EXIF', 'x')),
  ),
  kept('AVIF', 'avif', avif, { size }),
  damaged('half an AVIF', 'avif', 'the file ends within an item of its image', async () =>
    half(await avif()),
  ),
  damaged(
    'AVIF whose image data are gone',
    'avif',
    'the file ends within an item of its image',
    async () => {
      const image = await avif();
      return image.subarray(0, boxAt(image, 'mdat').at);
    },
  ),
  kept('HEIC', 'heic', () => sample('hevc.heic'), { size: [33, 21] }),
  damaged('half a HEIC', 'heic', 'the file ends within its box meta', () =>
    half(sample('hevc.heic')),
  ),
  kept('JPEG XL in a container', 'jxl', () => sample('container.jxl')),
  damaged('JPEG XL in a container, cut off', 'jxl', 'the file ends within its box jxlc', () =>
    cut(sample('container.jxl'), 20),
  ),
  kept('JPEG XL, bare', 'jxl', () => sample('bare.jxl')),
  damaged(
    'JPEG XL, bare, from a server that tells no length',
    'jxl',
    'nothing tells where it ends',
    () => sample('bare.jxl'),
    { endless: true },
  ),
  kept('JPEG 2000', 'jp2', () => sample('image.jp2'), { size: [33, 21] }),
  damaged('JPEG 2000 without its last bytes', 'jp2', 'the file ends within its box jp2c', () =>
    cut(sample('image.jp2'), 2),
  ),
  kept('TIFF', 'tif', tiff, { size }),
  kept('BigTIFF', 'tif', () => sample('big.tif'), { size: [8, 6] }),
  damaged('half a TIFF', 'tif', 'the file ends within a directory', async () => half(await tiff())),
  kept('BMP', 'bmp', () => bitmap(4, 3), { size: [4, 3] }),
  damaged('BMP with a row too few', 'bmp', 'the file ends within its pixels', () =>
    cut(bitmap(4, 3), 12),
  ),
  kept('ICO of two sizes', 'ico', () => sample('icons.ico')),
  damaged('ICO, cut off', 'ico', 'the file ends within an icon', () => cut(sample('icons.ico'), 9)),
];

function bitmap(width: number, height: number): Buffer {
  const pixels = Buffer.alloc(width * height * 3, 120);
  const header = [u32le(40), u32le(width), u32le(height), u16le(1), u16le(24), Buffer.alloc(24)];
  return join('BM', u32le(54 + pixels.length), u32le(0), u32le(54), ...header, pixels);
}
