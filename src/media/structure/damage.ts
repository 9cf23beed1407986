/** The findings of a walk through a file. */
export interface Found {
  /** Of an image, in pixels. */
  width: number | null;
  height: number | null;
  /** The format does not show the end of the file; only the length of the transfer does. */
  openEnded: boolean;
}

/** The file is damaged or incomplete; the message says why. */
export class Damage extends Error {
  override readonly name = 'Damage';
}

export const endsWithin = (part: string): Damage => new Damage(`the file ends within ${part}`);
export const endsBefore = (part: string): Damage => new Damage(`the file ends before ${part}`);
