import { readFileSync, statSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { asUserError } from '../system-errors.ts';

/** Name of the settings file of a project. */
export const settingsName = 'shotlist.yaml';

/** Maximum size of `shotlist.yaml`. */
export const settingsBytesMax = 1024 * 1024;

/** The text of a settings file; undefined if there is none. @throws UserError if it cannot be read */
export function readSettings(file: string): string | undefined {
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (!stats) return undefined;
    if (!stats.isFile()) throw new UserError(`${file} is not a plain file`);
    if (stats.size > settingsBytesMax) throw new UserError(`${file} is larger than 1 MB`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw asUserError(error, `cannot read ${file}`);
  }
}
