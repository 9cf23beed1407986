import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openProject } from '../../../src/commands/project/project.ts';
import { loadConfig } from '../../../src/config/config.ts';

const row = { batch: 'fox', ownerPath: 'batches/fox.yaml' };

let root: string;
let home: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'shotlist-project-')));
  home = join(root, 'studio');
  mkdirSync(join(home, 'batches'), { recursive: true });
  writeFileSync(join(home, 'shotlist.yaml'), '');
});
afterEach(() => rmSync(root, { recursive: true }));

/** What a command that is started in `folder` calls the batch. */
async function argumentIn(folder: string, environment: Record<string, string> = {}) {
  const config = loadConfig(environment, home);
  await using project = await openProject({ folder, say: () => undefined }, config);
  return project.argumentFor(row);
}

describe('a batch as the argument of a command', () => {
  it('is its name where the command finds the project by itself', async () => {
    expect(await argumentIn(home)).toBe('fox');
    expect(await argumentIn(join(home, 'batches'))).toBe('fox');
    expect(await argumentIn(root, { SHOTLIST_HOME: home })).toBe('fox');
  });

  it('is its file from outside the project', async () => {
    expect(await argumentIn(root)).toBe('studio/batches/fox.yaml');
  });
});
