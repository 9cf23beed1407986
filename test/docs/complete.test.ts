import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { environmentVariables } from '../../src/config/environment.ts';
import { pages, read, root } from './support.ts';

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
const manifest = JSON.parse(read('package.json')) as Manifest;
const namesIn = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, name = '']) => name).toSorted();

describe('what exists is documented', () => {
  it('every environment variable has a row in docs/operating.md, and no other has', () => {
    const rows = namesIn(read('docs/operating.md'), /^\| `([A-Z][A-Z0-9_]+)` +\|/gm);
    expect(rows).toEqual(environmentVariables.map(({ name }) => name).toSorted());
  });

  it('every dependency has its line in the decision record, and no other has', () => {
    const lines = namesIn(read('docs/decisions/2026-11-21-dependencies.md'), /^- `([^`]+)`: ./gm);
    const { dependencies, devDependencies } = manifest;
    expect(lines).toEqual(Object.keys({ ...dependencies, ...devDependencies }).toSorted());
  });

  it('every module of src has a row in CONTRIBUTING.md, and no other has', () => {
    const modules = readdirSync(`${root}src`, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    const rows = namesIn(read('CONTRIBUTING.md'), /^\| `src\/([a-z]+)` +\|/gm);
    expect(rows).toEqual(modules.toSorted());
  });

  it('the documents name only npm scripts that exist', () => {
    const named = namesIn(pages.map(read).join('\n'), /npm run ([a-z:-]+)/g);
    expect(named.length).toBeGreaterThan(3);
    for (const script of named) expect(Object.keys(manifest.scripts)).toContain(script);
  });

  it('the documents name only commands that exist', () => {
    const commands = namesIn(
      readdirSync(`${root}src/commands`, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => read(`src/commands/${file}`))
        .join('\n'),
      /(?:new Command\('|^ {4}name: ')([a-z]+)'/gm,
    );
    const pages = ['README.md', 'CONTRIBUTING.md', 'docs/operating.md', 'docs/backup.md'];
    const text = pages.map(read).join('\n');
    const named = namesIn(text, /shotlist ([a-z]+) [A-Za-z<]/g).filter((name) => name !== 'help');
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) expect(commands).toContain(name);
  });
});
