/** One file as vendors and their file servers deliver them, and what becomes of it. */
export interface DeliveredFile {
  /** For the document. */
  readonly file: string;
  readonly make: () => Buffer | Promise<Buffer>;
  readonly becomes: 'kept' | 'damaged' | 'refused';
  /** Under which extension it is kept. */
  readonly ext?: string;
  /** Of an image. */
  readonly size?: readonly [number, number];
  /** Why it is damaged or refused. */
  readonly why?: string;
  /** The transfer does not say where the file ends. */
  readonly endless?: true;
  /** The model makes text. */
  readonly text?: true;
}

export const kept = (
  file: string,
  ext: string,
  make: DeliveredFile['make'],
  more: Partial<DeliveredFile> = {},
): DeliveredFile => ({ file, becomes: 'kept', ext, make, ...more });
export const damaged = (
  file: string,
  ext: string,
  why: string,
  make: DeliveredFile['make'],
  more: Partial<DeliveredFile> = {},
): DeliveredFile => ({ file, becomes: 'damaged', ext, why, make, ...more });
export const refused = (
  file: string,
  why: string,
  make: DeliveredFile['make'],
  more: Partial<DeliveredFile> = {},
): DeliveredFile => ({ file, becomes: 'refused', why, make, ...more });
