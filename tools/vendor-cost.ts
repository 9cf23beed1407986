import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vendors } from '../src/providers/registry.ts';

/** What a vendor costs in code, and whether the core knows any by name. */
const root = fileURLToPath(new URL('..', import.meta.url));

export interface VendorCost {
  readonly vendor: string;
  /** Lines of code that list models: data. */
  readonly catalogue: number;
  readonly provider: number;
  readonly simulator: number;
}

export function vendorCosts(): readonly VendorCost[] {
  return vendors.map(({ id: vendor }) => {
    const files = sourcesIn(join('src', 'providers', vendor));
    const isCatalogue = (path: string): boolean => path.endsWith('models.ts');
    return {
      vendor,
      catalogue: linesOf(files.filter(isCatalogue)),
      provider: linesOf(files.filter((path) => !isCatalogue(path))),
      simulator: linesOf(sourcesIn(join('src', 'simulator', vendor))),
    };
  });
}

/** Every line of the core that names a vendor, in code or in a comment. */
export function vendorsNamedInTheCore(): readonly string[] {
  const names = new RegExp(vendors.flatMap(({ id, title }) => [id, title]).join('|'), 'i');
  const modules = ['providers', 'simulator'].map((module) => join('src', module) + sep);
  return sourcesIn('src')
    .filter((path) => !modules.some((module) => path.startsWith(module)))
    .flatMap((path) =>
      textOf(path)
        .split('\n')
        .flatMap((line, index) =>
          names.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [],
        ),
    );
}

function sourcesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|js|html|css)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .toSorted();
}

/** Without blank lines and comments. */
function linesOf(paths: readonly string[]): number {
  const lines = paths.flatMap((path) => textOf(path).split('\n'));
  return lines.filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line)).length;
}

function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

if (import.meta.main) {
  console.table(vendorCosts());
  const named = vendorsNamedInTheCore();
  console.log(named.length > 0 ? named.join('\n') : 'The core names no vendor.');
  process.exitCode = named.length > 0 ? 1 : 0;
}
