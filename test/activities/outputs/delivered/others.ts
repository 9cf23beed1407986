import { gzipSync } from 'node:zlib';
import { join, latin, sample } from '../../../media/containers.ts';
import { damaged, kept, refused, type DeliveredFile } from './delivered-file.ts';

const unknown = 'it is of no kind that is known here';
const nothing = 'the answer is neither image nor video';

export const others: readonly DeliveredFile[] = [
  damaged('PDF with binary data', 'bin', unknown, () => join('%PDF-1.7\n', Buffer.alloc(99))),
  damaged('Photoshop (PSD)', 'bin', unknown, () => join('8BPS\0\x01', Buffer.alloc(99))),
  damaged('sound (M4A)', 'bin', unknown, () => sample('sound.m4a')),
  damaged('PDF whose text is followed by data', 'bin', unknown, () =>
    join('%PDF-1.7\n', 'x'.repeat(3_000), Buffer.alloc(9_000)),
  ),
  damaged('ZIP', 'bin', unknown, () => join('PK\x03\x04\x14\0\0\0', Buffer.alloc(99))),
  damaged('bytes of any kind, compressed', 'bin', unknown, () => gzipSync(Buffer.alloc(9_000))),
  refused('an empty answer', 'the answer is empty', () => Buffer.alloc(0)),
  refused('a web page', nothing, () => latin('<!doctype html><html><body>Sorry</body></html>')),
  refused('a web page behind a comment', nothing, () =>
    latin('<!-- cdn --><html><svg></svg></html>'),
  ),
  refused('a web page in ISO-8859-1', nothing, () =>
    latin('<html>D\xe9sol\xe9, le fichier</html>'),
  ),
  refused('a web page in UTF-16', nothing, () =>
    Buffer.from('\ufeff<html>sorry</html>', 'utf16le'),
  ),
  refused('an error in JSON', nothing, () => latin('{"error":{"message":"not found"}}')),
  refused('an error in XML', nothing, () =>
    latin('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
  ),
  refused('a web page with data far behind its beginning', nothing, () =>
    join('<html><body>', 'sorry '.repeat(1_000), Buffer.alloc(99)),
  ),
  refused('a playlist (m3u8)', nothing, () => latin('#EXTM3U\n#EXT-X-VERSION:3\n')),
  refused('text with the name of a box in it', nothing, () => latin('The free lunch is over')),
];

export const texts: readonly DeliveredFile[] = [
  kept('text', 'txt', () => latin('A calm harbour at dusk.'), { text: true }),
  kept('text in JSON', 'txt', () => latin('{"caption":"a harbour"}'), { text: true }),
  kept('text in UTF-16', 'txt', () => Buffer.from('\ufeffein Hafen', 'utf16le'), { text: true }),
  damaged(
    'text from a server that tells no length',
    'txt',
    'nothing tells where it ends',
    () => latin('A calm har'),
    { text: true, endless: true },
  ),
  refused(
    'a web page instead of text',
    'the answer is a web page, which is no text that a model made',
    () => latin('<!doctype html><html>Sorry</html>'),
    { text: true },
  ),
  refused(
    'an error in JSON instead of text',
    'the answer is an error in JSON, which is no text that a model made',
    () => latin('{"error":"no"}'),
    { text: true },
  ),
  refused(
    'an error in XML instead of text',
    'the answer is XML, which is no text that a model made',
    () => latin('<Error><Code>AccessDenied</Code></Error>'),
    { text: true },
  ),
];
