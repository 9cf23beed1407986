import type { FileToUpload, Provider, UploadedFile } from '../providers/port.ts';

/**
 * Where files are brought for a model to read: the account itself, or the account's reference host, whose
 * files have a public link.
 */
export interface UploadPlace {
  /** Under which the ledger keeps what lies there. */
  readonly key: string;
  /** For people. */
  readonly name: string;
  upload(file: FileToUpload): Promise<UploadedFile>;
  readonly uploadStates?: Provider['uploadStates'];
}

/** A place whose answers have a `url`; its errors are HostingErrors. */
export type ReferenceHost = UploadPlace;

/** A reference host did not take a file. The message is for a person and holds no key. */
export class HostingError extends Error {
  override readonly name = 'HostingError';
  /** Trying again does not help until somebody fixes it. */
  readonly lasting: boolean;

  constructor(message: string, { lasting, cause }: { lasting: boolean; cause?: unknown }) {
    super(message, { cause });
    this.lasting = lasting;
  }
}
