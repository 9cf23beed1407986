import type { FileRules } from '../../batch/model-spec.ts';
import { multipart, type MultipartBody } from '../../http/multipart.ts';
import type { FileToUpload } from '../port.ts';
import { requireFile } from '../require-file.ts';

/** The same in both dialects. */
export const uploads: FileRules = {
  types: ['image/jpeg', 'image/png', 'image/webp'],
  bytesMax: 10 * 1024 * 1024,
};

/**
 * The upload's body.
 * @throws UserError if the vendor would refuse the file: nothing is sent
 */
export async function uploadForm(
  file: FileToUpload,
  fields: Readonly<Record<string, string>>,
): Promise<MultipartBody> {
  requireFile(uploads, file, 'ProductAI');
  const { name, mime, path } = file;
  return await multipart({ field: 'file', name, mime, path }, fields);
}
