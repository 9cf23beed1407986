import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { nothingLearned } from '../../src/providers/port.ts';
import { vendors } from '../../src/providers/registry.ts';
import { modelsSection } from './docs-table.ts';

/** `vitest -u` writes the tables anew. */
it.each(vendors.map((vendor) => [vendor.id, vendor] as const))(
  'the page of %s shows its catalogue as it is',
  async (id, vendor) => {
    const { models } = vendor.offer({}, nothingLearned);
    const page = new URL(`../../docs/providers/${id}.md`, import.meta.url);
    const text = await readFile(page, 'utf8');
    const marked = /(<!-- models -->\n)[\s\S]*(<!-- \/models -->)/;
    expect(text).toMatch(marked);
    const current = text.replace(
      marked,
      (_, start: string, end: string) => `${start}\n${modelsSection(models)}\n\n${end}`,
    );
    await expect(current).toMatchFileSnapshot(page.pathname);
  },
);
