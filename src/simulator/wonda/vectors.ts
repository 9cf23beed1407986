import sharp from 'sharp';
import { sha256 } from '../digest.ts';
import { type ImageMode, type ImageSpec, renderImage } from '../images.ts';

/** The image with everything outside a shape made transparent. The image's identity decides the shape. */
export async function renderCutout(spec: ImageSpec, mode: ImageMode): Promise<Buffer> {
  const whole = sharp(await renderImage(spec, mode));
  const { width, height } = await whole.metadata();
  const seed = Buffer.from(sha256(spec.identity), 'hex');
  const part = (index: number): number => (seed[index] ?? 0) / 255;
  const mask =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<ellipse cx="${width * (0.4 + 0.2 * part(0))}" cy="${height * (0.4 + 0.2 * part(1))}" ` +
    `rx="${width * (0.2 + 0.25 * part(2))}" ry="${height * (0.2 + 0.25 * part(3))}"/></svg>`;
  return whole
    .ensureAlpha()
    .composite([{ input: Buffer.from(mask), blend: 'dest-in' }])
    .png()
    .toBuffer();
}

/** Eight flat shapes. The traced image's identity decides shapes and colours. */
export function drawVector({ identity, width, height }: ImageSpec): Buffer {
  const seed = Buffer.from(sha256(identity), 'hex');
  const at = (index: number): number => seed[index % seed.length] ?? 0;
  const shapes = Array.from({ length: 8 }, (_, index) => {
    const points = [0, 1, 2].map(
      (corner) =>
        `${Math.round((at(index * 4 + corner) / 255) * width)},` +
        `${Math.round((at(index * 4 + corner + 9) / 255) * height)}`,
    );
    return `<path d="M${points.join('L')}Z" fill="hsl(${at(index) + index * 20},60%,50%)"/>`;
  });
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}">${shapes.join('')}</svg>\n`,
  );
}
