import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseBatch } from '../../src/batch/file/parse.ts';
import { knownKeys } from '../../src/batch/file/schema.ts';
import { templateFilters, templateTags } from '../../src/batch/templates/template-engine.ts';
import { loadConfig } from '../../src/config/config.ts';
import { codeBlocks, pages, read } from './support.ts';

const blocks = pages.flatMap((page) => codeBlocks(read(page)).map((block) => ({ page, ...block })));
const reference = read('docs/batch-file.md');

describe('the README', () => {
  it('shows the quickstart as it is', () => {
    const shown = codeBlocks(read('README.md')).find(({ info }) => info === 'yaml');
    const file = read('batches/quickstart.yaml');
    expect(shown?.text).toBe(file.slice(file.indexOf('batch:')));
  });

  it('says in its first line what this is', () => {
    expect(read('README.md')).toMatch(/^# Shotlist .{40,}\n/);
  });

  it('installs the package of this version', () => {
    const { name, version } = JSON.parse(read('package.json')) as Record<string, string>;
    expect(read('README.md')).toContain(`npm install -g ./${name}-${version}.tgz`);
  });

  it('tries Shotlist without a key first, and tests it for a change', () => {
    const blocks = codeBlocks(read('README.md')).map(({ text }) => text);
    const [quickstart, test] = ['npm ci && npm run quickstart\n', 'npm ci && npm test\n'].map(
      (text) => blocks.indexOf(text),
    );
    expect(quickstart).toBeGreaterThanOrEqual(0);
    expect(test).toBeGreaterThan(quickstart ?? 0);
  });
});

describe('examples in the documents', () => {
  const batches = blocks.filter(({ info }) => info === 'yaml batch');

  it('has complete batches', () => {
    expect(batches.length).toBeGreaterThan(0);
  });

  it.each(batches)('a complete batch in $page has no mistake', ({ text }) => {
    expect(parseBatch(text, 'example.yaml').problems).toEqual([]);
  });

  it.each(blocks.filter(({ text }) => /^accounts:/m.test(text)))(
    'settings in $page are settings that are read',
    ({ text }) => {
      const folder = mkdtempSync(join(tmpdir(), 'shotlist-'));
      try {
        writeFileSync(join(folder, 'shotlist.yaml'), text);
        const { accounts } = parse(text) as { accounts: object };
        const config = loadConfig({}, folder);
        for (const name of Object.keys(accounts)) expect(config.accounts.has(name)).toBe(true);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

describe('docs/batch-file.md', () => {
  const whole = codeBlocks(reference).find(({ info }) => info === 'yaml batch')?.text ?? '';

  it.each([...knownKeys([]), ...knownKeys(['policy']), ...knownKeys(['steps', 'a'])])(
    'shows the key %s',
    (key) => {
      expect(whole).toMatch(new RegExp(`\\b${key}:`));
    },
  );

  it.each(knownKeys(['models', 'a']))('explains the key %s of a model', (key) => {
    expect(reference).toMatch(new RegExp(`\`${key}\\b`));
  });

  it('lists every tag and filter of templates, and no other', () => {
    const [, tags = '', filters = ''] =
      /Tags: `([^`]+)`\. Filters: `([^`]+)`/.exec(reference) ?? [];
    expect(tags.split(/\s+/).toSorted()).toEqual(templateTags.toSorted());
    expect(filters.split(/\s+/).toSorted()).toEqual(templateFilters.toSorted());
  });
});
