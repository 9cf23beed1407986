import type { OutputRow, ShotRow } from '../ledger/port.ts';

const extensions: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/heic': 'heic',
  'image/svg+xml': 'svg',
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
  'video/webm': 'webm',
};

/**
 * The file name of one output: the shot's name, `--1` and so on where several were asked for or came,
 * and the extension of what the bytes are.
 */
export function outputFileName(shot: ShotRow, output: OutputRow): string {
  const several = Math.max(shot.request.outputs ?? 1, shot.outputs.length) > 1;
  const suffix = several ? `--${output.index + 1}` : '';
  return `${shot.name}${suffix}.${extensions[output.mime ?? ''] ?? 'bin'}`;
}
