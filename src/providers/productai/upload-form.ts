import { UserError } from '../../errors.ts';
import { multipart, type MultipartBody } from '../../http/multipart.ts';
import type { FileToUpload } from '../port.ts';

const bytesMax = 10 * 1024 * 1024;
const mimes: readonly string[] = ['image/jpeg', 'image/png', 'image/webp'];

/**
 * The upload's body.
 * @throws UserError where the vendor would refuse the file: nothing is sent
 */
export async function uploadForm(
  file: FileToUpload,
  fields: Readonly<Record<string, string>>,
): Promise<MultipartBody> {
  if (!mimes.includes(file.mime))
    throw new UserError(`${file.name} is ${file.mime}, and ProductAI takes JPEG, PNG and WebP`, {
      next: ['save it as a JPEG'],
    });
  if (file.bytes > bytesMax) {
    const megabytes = (file.bytes / 1024 / 1024).toFixed(1);
    throw new UserError(`${file.name} has ${megabytes} MB, and ProductAI takes at most 10 MB`, {
      next: ['make it smaller, or write a public link to it'],
    });
  }
  const { name, mime, path } = file;
  return await multipart({ field: 'file', name, mime, path }, fields);
}
