import { closeSync, openSync } from 'node:fs';
import { systemCode } from '../../src/storage/atomic-file.ts';
import { folderBlobs } from '../../src/storage/folder-blobs.ts';

/** Takes every file that this process may open, so that the store cannot; then gives them back. */
const [, , folder = ''] = process.argv;
const blobs = folderBlobs(folder);
const taken: number[] = [];
try {
  for (;;) taken.push(openSync('/dev/null', 'r'));
} catch {
  // Not one more may be opened.
}
const refused = await blobs.put(Buffer.from('hello')).catch((error: unknown) => systemCode(error));
for (const descriptor of taken) closeSync(descriptor);
const key = await blobs.put(Buffer.from('hello'));
console.log(`${refused}, then ${(await blobs.has(key)) ? 'stored' : 'missing'}`);
