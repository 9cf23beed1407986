import { extensionOf } from '../media/kinds.ts';
import type { OutputRow, ShotRow } from '../ledger/port.ts';

/**
 * The file name of one output: the shot's name, `--1` and so on where several were asked for or came,
 * and the extension of what the bytes are.
 */
export function outputFileName(shot: ShotRow, output: OutputRow): string {
  const several = Math.max(shot.request.outputs ?? 1, shot.outputs.length) > 1;
  const suffix = several ? `--${output.index + 1}` : '';
  return `${shot.name}${suffix}.${extensionOf(output.mime ?? '') ?? 'bin'}`;
}
