import { posix } from 'node:path';
import type { FileFacts, Files } from './files.ts';
import type { DocumentPath, Mistake } from '../file/problem-at.ts';

const isPattern = (text: string) => /[*?]/.test(text);

/**
 * The files that match a path or pattern of the batch. Adds a mistake when there is none. It also
 * says when the file lies beside the data file that names it.
 */
export function findFiles(
  written: string,
  path: DocumentPath,
  files: Files,
  dataFile: string | undefined,
  mistakes: Mistake[],
): { path: string; facts: FileFacts }[] {
  const found = lookFor(written, files);
  if (found.length > 0) return found;
  const folder = dataFile === undefined ? '.' : posix.dirname(dataFile);
  const beside = folder === '.' ? undefined : posix.join(folder, written);
  const isBeside = beside !== undefined && lookFor(beside, files).length > 0;
  mistakes.push({
    path,
    message: isPattern(written) ? `no file matches ${written}` : `there is no file ${written}`,
    hint: isBeside
      ? `it lies beside ${dataFile}; paths start at the batch file: write ${beside}`
      : "paths start at the batch file's folder",
  });
  return [];
}

function lookFor(written: string, files: Files): { path: string; facts: FileFacts }[] {
  const paths = isPattern(written) ? files.match(written) : [written];
  return paths.flatMap((path) => {
    const facts = files.facts(path);
    return facts ? [{ path, facts }] : [];
  });
}
