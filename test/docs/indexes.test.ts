import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pages, read, root } from './support.ts';

const titleOf = (page: string): string => /^# (.+)$/m.exec(read(page))?.[1] ?? '';

describe('the index of decisions', () => {
  it('lists each record by date, with its title and a status', () => {
    const rows = [
      ...read('docs/decisions/README.md').matchAll(
        /^\| (\d{4}-\d\d-\d\d) \| \[(.+)\]\((.+\.md)\) +\| (accepted|replaced by \[.+\]\(.+\)) +\|$/gm,
      ),
    ].map(([, date, title, file]) => ({ date, title, file }));
    const records = readdirSync(`${root}docs/decisions`)
      .filter((file) => file !== 'README.md')
      .toSorted()
      .map((file) => ({
        date: file.slice(0, 10),
        title: titleOf(`docs/decisions/${file}`),
        file,
      }));
    expect(rows).toEqual(records);
  });
});

describe('the index of documents', () => {
  it('leads to each page but the single decisions', () => {
    const index = read('docs/README.md');
    const wanted = pages.filter(
      (page) =>
        page.startsWith('docs/') && page !== 'docs/README.md' && !/^docs\/decisions\/\d/.test(page),
    );
    for (const page of wanted) expect(index).toContain(`(${page.slice('docs/'.length)})`);
  });
});
