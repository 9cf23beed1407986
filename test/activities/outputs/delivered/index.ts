import type { DeliveredFile } from './delivered-file.ts';
import { svgs } from './svgs.ts';
import { jpegs, otherImages, pngs } from './images.ts';
import { others, texts } from './others.ts';
import { videos } from './videos.ts';

export type { DeliveredFile } from './delivered-file.ts';

/** Every file that is tried, in the order of docs/reference/files.md. */
export const deliveredFiles: readonly DeliveredFile[] = [
  ...jpegs,
  ...pngs,
  ...otherImages,
  ...svgs,
  ...videos,
  ...texts,
  ...others,
];
