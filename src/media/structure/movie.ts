import type { ByteSource } from '../source.ts';
import { walkBoxes } from './boxes.ts';
import { Damage, type Found } from './damage.ts';

/** A movie: a header and media, in one piece or in fragments. */
export async function walkMovie(source: ByteSource, found: Found): Promise<void> {
  const seen = new Set<string>();
  const isComplete = (): boolean => seen.has('moov') && seen.has('mdat');
  await walkBoxes(source, found, ({ type }) => void seen.add(type), isComplete);
  // Only the index after the fragments shows their number.
  found.openEnded ||= seen.has('moof') && !seen.has('mfra');
  if (!seen.has('moov')) throw new Damage('it holds no movie header (moov)');
  if (!seen.has('mdat')) throw new Damage('it holds no media (mdat)');
}
