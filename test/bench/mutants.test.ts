import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mutants } from '../../bench/faults/mutants/list.ts';
import { plant } from '../../bench/faults/mutants/plant.ts';

it.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
  'the place of the planted bug is there still: %s',
  (_, mutant) => {
    const { program, remove } = plant(mutant);
    try {
      expect(mutant.changes.length).toBeGreaterThan(0);
      for (const { file, replace } of mutant.changes) {
        const text = readFileSync(join(program, file), 'utf8');
        expect(text).toContain(replace);
        // One that cannot be read would be found for that, and not for its bug.
        expect(() => stripTypeScriptTypes(text)).not.toThrow();
      }
    } finally {
      remove();
    }
  },
);
