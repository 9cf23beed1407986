/** What a walk through a file finds on its way. */
export interface Found {
  /** Of an image, in pixels. */
  width: number | null;
  height: number | null;
  /** The format does not say where the file ends: only the length of the transfer can. */
  openEnded: boolean;
}

/** The file is not whole; the message says why. */
export class Damage extends Error {
  override readonly name = 'Damage';
}

export const endsWithin = (part: string): Damage => new Damage(`the file ends within ${part}`);
export const endsBefore = (part: string): Damage => new Damage(`the file ends before ${part}`);
