import { outputFileName } from '../batch/names.ts';
import { extensionOf } from '../media/kinds.ts';
import type { OutputRow, ShotRow } from '../ledger/port.ts';

/** The file name of one output. The extension follows the type of the bytes. */
export function fileNameOf(shot: ShotRow, output: OutputRow): string {
  const extension = extensionOf(output.mime ?? '') ?? 'bin';
  return outputFileName(shot.name, output.index, shot.request.outputs ?? 1, extension);
}
