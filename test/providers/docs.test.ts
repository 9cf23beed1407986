import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { fileRulesText } from '../../src/batch/checks/file-rules.ts';
import { nothingLearned } from '../../src/providers/port.ts';
import { vendors } from '../../src/providers/registry.ts';
import { modelsSection, statusesSection } from './docs-table.ts';

/** `vitest -u` writes the tables again. */
it.each(vendors.map((vendor) => [vendor.id, vendor] as const))(
  'the page of %s shows its catalogue and its statuses as they are',
  async (id, vendor) => {
    const { models, jobStatuses, uploads } = vendor.offer({}, nothingLearned);
    const page = new URL(`../../docs/providers/${id}.md`, import.meta.url);
    let current = await readFile(page, 'utf8');
    const sections = { models: modelsSection(models), statuses: statusesSection(jobStatuses) };
    for (const [name, section] of Object.entries(sections)) {
      const marked = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*(<!-- /${name} -->)`);
      expect(current).toMatch(marked);
      current = current.replace(
        marked,
        (_, start: string, end: string) => `${start}\n${section}\n\n${end}`,
      );
    }
    if (uploads) expect(current.replace(/\s+/g, ' ')).toContain(fileRulesText(uploads));
    await expect(current).toMatchFileSnapshot(page.pathname);
  },
);
