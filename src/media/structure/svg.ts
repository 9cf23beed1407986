import type { ByteSource } from '../source.ts';
import { textOf } from '../text.ts';
import { isRootClosed, rootOf } from '../xml-root.ts';
import { Damage, endsBefore } from './damage.ts';

/** Maximum size of an SVG in bytes. It is read whole. */
export const svgBytesMax = 50 * 1024 * 1024;

export async function walkSvg(source: ByteSource): Promise<void> {
  if (source.size > svgBytesMax) throw new Damage(`it is larger than ${svgBytesMax} bytes`);
  const text = textOf(await source.read(0, source.size));
  const root = rootOf(text);
  if (root.kind !== 'root' || !isRootClosed(text, root))
    throw endsBefore('the end tag of its root element');
}
