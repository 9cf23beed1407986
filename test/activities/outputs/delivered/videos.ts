import {
  box,
  boxAt,
  ftyp,
  half,
  join,
  latin,
  patched,
  riff,
  sample,
  u32be,
} from '../../../media/containers.ts';
import { damaged, kept, type DeliveredFile } from './delivered-file.ts';

const noMovie = 'it holds no movie header (moov)';
const mp4 = () => sample('avc1-front-header.mp4');
const withoutBrand = (): Buffer => {
  const movie = sample('quicktime.mov');
  return movie.subarray(boxAt(movie, 'ftyp').end);
};

export const videos: readonly DeliveredFile[] = [
  kept('MP4, header first', 'mp4', mp4),
  kept('MP4, header last', 'mp4', () => sample('avc1-late-header.mp4')),
  kept('MP4, fragmented', 'mp4', () => sample('fragmented.mp4')),
  kept('MP4, CMAF', 'mp4', () => sample('cmaf.mp4')),
  kept('MP4 with HEVC (hvc1)', 'mp4', () => sample('hvc1.mp4')),
  kept('MP4 with AV1 (av01)', 'mp4', () => sample('av01.mp4')),
  kept('MP4 of an unknown brand', 'mp4', () => patched(mp4(), 8, latin('xyz1'))),
  kept('M4V', 'mp4', () => sample('brand.m4v')),
  kept('3GP', 'mp4', () => sample('brand.3gp')),
  kept('F4V', 'mp4', () => sample('brand.f4v')),
  kept('MP4 with two bytes behind its last box', 'mp4', () => join(mp4(), '\r\n')),
  kept('MP4 with 5,000 zeros behind its last box', 'mp4', () => join(mp4(), Buffer.alloc(5_000))),
  kept('MP4 with a page behind its last box', 'mp4', () => join(mp4(), '<!-- served by cache -->')),
  kept('MP4 whose box has a length of eight bytes', 'mp4', () =>
    join(
      ftyp('isom'),
      box('moov', Buffer.alloc(40)),
      u32be(1),
      'mdat',
      u32be(0),
      u32be(116),
      Buffer.alloc(100),
    ),
  ),
  kept('MP4 whose last box has no length', 'mp4', () =>
    join(ftyp('isom'), box('moov', Buffer.alloc(40)), u32be(0), 'mdat', Buffer.alloc(100)),
  ),
  damaged(
    'MP4 whose last box has no length, from a server that tells none',
    'mp4',
    'nothing tells where it ends',
    () => join(ftyp('isom'), box('moov', Buffer.alloc(40)), u32be(0), 'mdat', Buffer.alloc(100)),
    { endless: true },
  ),
  damaged('half an MP4, header first', 'mp4', 'the file ends within its box moov', () =>
    half(mp4()),
  ),
  damaged('half an MP4, header last', 'mp4', 'the file ends within its box moov', () =>
    half(sample('avc1-late-header.mp4')),
  ),
  damaged('MP4 that ends behind its header', 'mp4', 'it holds no media (mdat)', () => {
    const movie = mp4();
    return movie.subarray(0, boxAt(movie, 'moov').end);
  }),
  damaged('MP4 without a header', 'mp4', noMovie, () =>
    join(ftyp('isom'), box('mdat', Buffer.alloc(99))),
  ),
  damaged('a segment of a stream without its beginning', 'mp4', noMovie, () =>
    join(
      box('styp', 'msdh', u32be(0)),
      box('moof', Buffer.alloc(40)),
      box('mdat', Buffer.alloc(99)),
    ),
  ),
  kept('QuickTime', 'mov', () => sample('quicktime.mov')),
  kept('QuickTime without a brand', 'mov', withoutBrand),
  kept('QuickTime without a brand, header first', 'mov', () =>
    join(box('moov', box('mvhd', Buffer.alloc(100))), box('mdat', Buffer.alloc(99))),
  ),
  damaged(
    'half a QuickTime movie without a brand',
    'mov',
    'the file ends within its box moov',
    () => half(withoutBrand()),
  ),
  kept('WebM', 'webm', () => sample('vp9.webm')),
  kept('WebM, streamed: no element has a length', 'webm', () => sample('live-vp8.webm')),
  kept('WebM with a line end behind it', 'webm', () => join(sample('vp9.webm'), '\n')),
  damaged('half a WebM', 'webm', 'the file ends within its segment', () =>
    half(sample('vp9.webm')),
  ),
  damaged('half a streamed WebM', 'webm', 'the file ends within one of its elements', () =>
    half(sample('live-vp8.webm')),
  ),
  kept('Matroska', 'mkv', () => sample('avc1.mkv')),
  damaged('half a Matroska', 'mkv', 'the file ends within its segment', () =>
    half(sample('avc1.mkv')),
  ),
  kept('AVI', 'avi', () => riff('RIFF', 'AVI ', avi())),
  kept('AVI, streamed', 'avi', () => sample('live-mjpeg.avi')),
  damaged('half an AVI', 'avi', 'the file ends within its data', () =>
    half(riff('RIFF', 'AVI ', avi())),
  ),
];

function avi(): Buffer {
  const header = riff('LIST', 'hdrl', riff('avih', Buffer.alloc(56)));
  return join(header, riff('LIST', 'movi', riff('00dc', Buffer.alloc(300, 7))));
}
