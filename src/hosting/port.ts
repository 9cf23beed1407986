import type { FileToUpload, Provider, UploadedFile } from '../providers/port.ts';

/**
 * The place of uploaded files for a model to read. It is the account itself, or the account's reference
 * host, where files have a public link.
 */
export interface UploadPlace {
  /** The key of its uploads in the ledger. */
  readonly key: string;
  /** For people. */
  readonly name: string;
  upload(file: FileToUpload): Promise<UploadedFile>;
  readonly uploadStates?: Provider['uploadStates'];
}

/** A place whose answers have a `url`; its errors are HostingErrors. */
export type ReferenceHost = UploadPlace;

/** A reference host did not take a file. The message is for people and contains no key. */
export class HostingError extends Error {
  override readonly name = 'HostingError';
  /** A retry does not help until a person fixes the problem. */
  readonly lasting: boolean;

  constructor(message: string, { lasting, cause }: { lasting: boolean; cause?: unknown }) {
    super(message, { cause });
    this.lasting = lasting;
  }
}
