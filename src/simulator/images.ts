import type { Sharp } from 'sharp';
import sharp from 'sharp';
import { sha256 } from './digest.ts';

/** Everything that decides an image's bytes. */
export interface ImageSpec {
  /** Hash of everything that distinguishes this image. */
  readonly identity: string;
  /** In pixels of the `full` mode. */
  readonly width: number;
  readonly height: number;
  readonly format: 'jpeg' | 'png';
  readonly prompt: string;
  readonly model: string;
  readonly note: string;
}

export type ImageMode = 'full' | 'small';

const kept = 256;
const cache = new Map<string, Promise<Buffer>>();

/** The image's bytes: always the same for the same image and mode. */
export function renderImage(spec: ImageSpec, mode: ImageMode): Promise<Buffer> {
  const key = sha256(JSON.stringify([spec, mode]));
  const known = cache.get(key);
  if (known !== undefined) return known;
  const bytes = mode === 'full' ? renderFull(spec) : renderSmall(spec);
  cache.set(key, bytes);
  for (const oldest of cache.keys()) {
    if (cache.size <= kept) break;
    cache.delete(oldest);
  }
  return bytes;
}

/** Width and height for a ratio such as `16:9`, in multiples of 16. */
export function sizeFor(ratio: string, longEdge = 512): { width: number; height: number } {
  const [across = 1, down = 1] = ratio.split(':').map(Number);
  return fit(across, down, longEdge);
}

/** The same shape with the given long edge. */
export function fit(
  width: number,
  height: number,
  longEdge = 512,
): { width: number; height: number } {
  const scale = longEdge / Math.max(width, height);
  const edge = (value: number): number => Math.max(16, Math.round((value * scale) / 16) * 16);
  return { width: edge(width), height: edge(height) };
}

function encode(image: Sharp, format: ImageSpec['format']): Promise<Buffer> {
  return format === 'png'
    ? image.png({ compressionLevel: 3 }).toBuffer()
    : image.jpeg({ quality: 82 }).toBuffer();
}

function renderFull(spec: ImageSpec): Promise<Buffer> {
  return encode(sharp(Buffer.from(svgOf(spec))), spec.format);
}

/** A mirrored 8 by 8 pattern in two colours: cheap, and still easy to tell apart. */
function renderSmall(spec: ImageSpec): Promise<Buffer> {
  const { width, height } = fit(spec.width, spec.height, Math.max(spec.width, spec.height) / 8);
  const seed = Buffer.from(sha256(spec.identity), 'hex');
  const at = (index: number): number => seed[index % seed.length] ?? 0;
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const column = Math.floor((Math.min(x, width - 1 - x) * 8) / width);
      const cell = Math.floor((y * 8) / height) * 4 + column;
      const start = ((at(6 + (cell >> 3)) >> (cell & 7)) & 1) * 3;
      pixels.set([at(start), at(start + 1), at(start + 2)], (y * width + x) * 3);
    }
  }
  return encode(sharp(pixels, { raw: { width, height, channels: 3 } }), spec.format);
}

function svgOf(spec: ImageSpec): string {
  const { width, height } = spec;
  const seed = Buffer.from(sha256(spec.identity), 'hex');
  const part = (index: number): number => (seed[index % seed.length] ?? 0) / 255;
  const hue = Math.round(part(0) * 360);
  const shapes = Array.from({ length: 6 }, (_, index) => {
    const x = Math.round(part(index * 4 + 1) * width);
    const y = Math.round(part(index * 4 + 2) * height * 0.8);
    const size = Math.round((0.12 + part(index * 4 + 3) * 0.3) * Math.min(width, height));
    const colour = `hsl(${Math.round(hue + part(index * 4 + 4) * 160)},65%,${40 + index * 7}%)`;
    if (part(index + 7) < 0.5) {
      return `<circle cx="${x}" cy="${y}" r="${size}" fill="${colour}" opacity="0.55"/>`;
    }
    const turn = Math.round(part(index + 11) * 90);
    return (
      `<rect x="${x - size}" y="${y - size}" width="${size * 2}" height="${size * 1.4}" rx="12" ` +
      `fill="${colour}" opacity="0.5" transform="rotate(${turn} ${x} ${y})"/>`
    );
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<defs><linearGradient id="sky" x1="0" y1="0" x2="1" y2="1">` +
    `<stop offset="0" stop-color="hsl(${hue},55%,30%)"/>` +
    `<stop offset="1" stop-color="hsl(${(hue + 70) % 360},60%,62%)"/></linearGradient></defs>` +
    `<rect width="${width}" height="${height}" fill="url(#sky)"/>${shapes.join('')}` +
    `${caption(spec)}</svg>`
  );
}

function caption({ width, height, prompt, model, note }: ImageSpec): string {
  const size = Math.max(11, Math.round(width / 30));
  const lines = wrap(prompt, Math.floor((width - size * 2) / (size * 0.56)), 4);
  const top = height - size * 1.35 * (lines.length + 1) - size;
  const text = (line: string, row: number, fill: string): string =>
    `<text x="${size}" y="${Math.round(top + size * 1.35 * (row + 1))}" font-size="${size}" ` +
    `font-family="sans-serif" fill="${fill}">${escape(line)}</text>`;
  return (
    `<rect y="${Math.round(top - size * 0.4)}" width="${width}" height="${height}" ` +
    `fill="#000" opacity="0.5"/>` +
    lines.map((line, row) => text(line, row, '#fff')).join('') +
    text(`${model}  ${note}`, lines.length, '#ffd479')
  );
}

function wrap(prompt: string, columns: number, most: number): string[] {
  const lines: string[] = [];
  for (const word of prompt.split(/\s+/).filter((item) => item !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < columns) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word.slice(0, columns));
    }
  }
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), `${lines[most - 1] ?? ''} …`];
}

/** Also drops characters that XML forbids, so that no prompt breaks the SVG. */
function escape(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
