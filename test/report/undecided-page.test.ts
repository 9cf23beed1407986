import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type UndecidedGroup, writeUndecidedPage } from '../../src/report/undecided-page.ts';

const hostile = `"><script>alert('x')</script>`;

describe('the page of what is undecided', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'shotlist-undecided-'))));
  afterAll(() => rmSync(folder, { recursive: true }));
  const pageOf = async (...groups: UndecidedGroup[]): Promise<string> => {
    const path = join(folder, 'index.html');
    await writeUndecidedPage(path, hostile, groups);
    return readFileSync(path, 'utf8');
  };

  it('has no text that can become markup, and a policy that lets nothing run or be fetched', async () => {
    const job = { id: hostile, facts: [hostile], problem: hostile };
    const files = [{ name: `${hostile}.png`, mime: 'image/png' }];
    const page = await pageOf({
      requests: [{ key: hostile, facts: [hostile] }],
      jobs: [{ ...job, files }],
      more: 2,
    });
    expect(page).not.toContain('<script');
    expect(page).toContain("default-src 'none'");
    expect(page).toContain('src="%22%3E%3Cscript%3Ealert(');
    expect(page).toContain('and 2 more');
  });

  it('shows images and videos, and links to what might run or is of another kind', async () => {
    const files = [
      { name: 'a.png', mime: 'image/png' },
      { name: 'b.mp4', mime: 'video/mp4' },
      { name: 'c.svg', mime: 'image/svg+xml' },
    ];
    const page = await pageOf({ requests: [], jobs: [{ id: 'j', facts: [], files }], more: 0 });
    expect(page).toContain('<img src="a.png"');
    expect(page).toContain('<video src="b.mp4"');
    expect(page).toContain('<a href="c.svg">c.svg</a>');
  });
});
