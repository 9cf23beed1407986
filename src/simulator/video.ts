import { type ImageMode, type ImageSpec, renderImage } from './images.ts';

const framesPerSecond = 1;

/**
 * A small MP4 built without an encoder. Every frame is a JPEG image, which MPEG-4 allows (object
 * type 0x6C). Players that read motion JPEG show it; every reader finds its boxes.
 */
export async function renderVideo(
  spec: ImageSpec,
  mode: ImageMode,
  seconds: number,
): Promise<Buffer> {
  const frames = await Promise.all(
    Array.from({ length: Math.max(1, Math.min(8, seconds * framesPerSecond)) }, (_, index) =>
      renderImage(
        {
          ...spec,
          format: 'jpeg',
          identity: `${spec.identity} frame ${index}`,
          note: `${spec.note} frame ${index + 1}`,
        },
        mode,
      ),
    ),
  );
  const fileType = box('ftyp', text('isom'), u32(0x200), text('isommp41'));
  // Offsets count from the start of the file. The size of `moov` does not depend on them.
  const before = fileType.length + movie(spec, frames, 0).length + 8;
  return Buffer.concat([fileType, movie(spec, frames, before), box('mdat', ...frames)]);
}

function movie(spec: ImageSpec, frames: readonly Buffer[], offset: number): Buffer {
  const duration = frames.length * 1_000;
  const { width, height } = spec;
  const matrix = Buffer.concat(
    [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].map((value) => u32(value)),
  );
  const header = fullBox(
    'mvhd',
    u32(0),
    u32(0),
    u32(1_000),
    u32(duration),
    u32(0x10000),
    u16(0x100),
    zeros(10),
    matrix,
    zeros(24),
    u32(2),
  );
  const trackHeader = fullBox(
    'tkhd',
    u32(0),
    u32(0),
    u32(1),
    u32(0),
    u32(duration),
    zeros(16),
    matrix,
    u32(width * 0x10000),
    u32(height * 0x10000),
  );
  trackHeader.writeUInt8(3, 11); // enabled, in the movie
  const mediaHeader = fullBox(
    'mdhd',
    u32(0),
    u32(0),
    u32(1_000),
    u32(duration),
    u16(0x55c4),
    u16(0),
  );
  const handler = fullBox('hdlr', u32(0), text('vide'), zeros(12), text('video\0'));
  const data = box(
    'minf',
    fullBox('vmhd', zeros(8)),
    box('dinf', fullBox('dref', u32(1), selfContained())),
    sampleTable(width, height, frames, offset),
  );
  return box('moov', header, box('trak', trackHeader, box('mdia', mediaHeader, handler, data)));
}

function sampleTable(
  width: number,
  height: number,
  frames: readonly Buffer[],
  offset: number,
): Buffer {
  const entry = box(
    'mp4v',
    zeros(6),
    u16(1),
    zeros(16),
    u16(width),
    u16(height),
    u32(0x480000),
    u32(0x480000),
    zeros(4),
    u16(1),
    zeros(32),
    u16(24),
    u16(0xffff),
    jpegDescriptor(),
  );
  return box(
    'stbl',
    fullBox('stsd', u32(1), entry),
    fullBox('stts', u32(1), u32(frames.length), u32(1_000 / framesPerSecond)),
    fullBox('stsc', u32(1), u32(1), u32(frames.length), u32(1)),
    fullBox('stsz', u32(0), u32(frames.length), ...frames.map((frame) => u32(frame.length))),
    fullBox('stco', u32(1), u32(offset)),
  );
}

/** An elementary stream of object type 0x6C (JPEG), stream type visual. */
function jpegDescriptor(): Buffer {
  const decoder = [0x04, 13, 0x6c, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  const sync = [0x06, 1, 0x02];
  const stream = [0x03, 3 + decoder.length + sync.length, 0, 1, 0];
  return fullBox('esds', Buffer.from([...stream, ...decoder, ...sync]));
}

function selfContained(): Buffer {
  const url = fullBox('url ');
  url.writeUInt8(1, 11); // the media lies in this file
  return url;
}

function box(type: string, ...content: readonly Buffer[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, 8);
  return Buffer.concat([u32(length), text(type), ...content]);
}

function fullBox(type: string, ...content: readonly Buffer[]): Buffer {
  return box(type, u32(0), ...content);
}

function text(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}

function zeros(count: number): Buffer {
  return Buffer.alloc(count);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
