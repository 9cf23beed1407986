import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../../src/temporal/package-root.ts';
import type { Focus } from '../focus.ts';

/** A bug planted into a copy of the program, to see that the campaign finds it. */
export interface Mutant {
  readonly name: string;
  /** Several where one line of defence behind another would make up for the first. */
  readonly changes: readonly [Change, ...Change[]];
  /** The danger that this bug is one for. */
  readonly focus: Focus;
}

interface Change {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/**
 * A copy of the program with the bug in it.
 * @throws Error when the place is not there any more: then the mutant has to be written again
 */
export function plant(mutant: Mutant): { readonly program: string; remove(): void } {
  const program = mkdtempSync(join(tmpdir(), 'shotlist-mutant-'));
  for (const part of ['src', 'bin', 'batches', 'package.json', 'tools'])
    cpSync(join(packageRoot(), part), join(program, part), { recursive: true });
  symlinkSync(join(packageRoot(), 'node_modules'), join(program, 'node_modules'));
  for (const { file, find, replace } of mutant.changes) {
    const path = join(program, file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(find)) throw new Error(`${mutant.name}: ${file} has no ${find}`);
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
  }
  return { program, remove: () => rmSync(program, { recursive: true, force: true }) };
}
