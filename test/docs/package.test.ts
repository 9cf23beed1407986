import { execFileSync, type ExecFileSyncOptionsWithStringEncoding } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { imagesOf, linksOf, read, root } from './support.ts';

/** Paths in the package, as npm would publish it. */
function packedFiles(): readonly string[] {
  const words = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const cli = process.env['npm_execpath'];
  const options: ExecFileSyncOptionsWithStringEncoding = {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  };
  const reported = cli?.endsWith('.js')
    ? execFileSync(process.execPath, [cli.replace(/npx-cli\.js$/, 'npm-cli.js'), ...words], options)
    : execFileSync('npm', words, options);
  const [pack] = JSON.parse(reported) as { files: { path: string }[] }[];
  return pack?.files.map(({ path }) => path) ?? [];
}

const files = packedFiles();

it('every document that the package holds leads to files and images that it holds', () => {
  const forTheCheckout = /^(CONTRIBUTING\.md$|docs\/internals\/)/;
  const documents = files.filter((path) => /\.(md|txt)$/.test(path) && !forTheCheckout.test(path));
  expect(documents).toContain('README.md');
  const isPacked = (path: string): boolean =>
    files.some((file) => file === path || file.startsWith(`${path}/`));
  const dead = documents.flatMap((document) =>
    linksOf(read(document))
      .filter((link) => !/^https?:/.test(link) && !link.startsWith('#'))
      .map((link) => join(dirname(document), link.replace(/#.*$/, '')))
      .filter((path) => !isPacked(path))
      .map((path) => `${document}: ${path}`),
  );
  expect(dead).toEqual([]);
});

it('the README shows images that the package holds, each at most 400 kB', async () => {
  const images = imagesOf(read('README.md'));
  expect(images).not.toEqual([]);
  for (const image of images) {
    expect(files).toContain(image);
    const bytes = readFileSync(join(root, image));
    expect(bytes.length).toBeLessThanOrEqual(400_000);
    expect((await sharp(bytes).metadata()).width).toBeGreaterThanOrEqual(1_000);
  }
});
