import { expect, it } from 'vitest';
import { headBytes, prologueBytesMax } from '../../src/media/sniff.ts';
import { mediaKinds } from '../../src/media/kinds.ts';
import { deliveredFiles } from '../activities/outputs/delivered/index.ts';
import { read, root } from './support.ts';

const page = 'docs/reference/files.md';

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const kinds = table(
  ['kind', 'kept as', 'type', 'recognised by', 'whole when'],
  mediaKinds.map(({ title, ext, mime, recognisedBy, whole }) => [
    title,
    `\`.${ext}\``,
    `\`${mime}\``,
    recognisedBy,
    whole,
  ]),
);

const outcomes = {
  kept: 'kept',
  damaged: 'kept when it comes again, marked as damaged',
  refused: 'never kept',
} as const;
const atLast = 'kept after an hour of tries, marked as damaged';

/** The rows of test/activities/outputs/keep-file.test.ts, each of which it delivers. */
const files = table(
  ['file', 'becomes', 'as', 'because'],
  deliveredFiles.map(({ file, becomes, ext, why, endless }) => [
    file,
    endless ? atLast : outcomes[becomes],
    ext === undefined ? '' : `\`.${ext}\``,
    why ?? '',
  ]),
);

/** `vitest -u` writes the page again. */
it(`${page} has every kind as the code has it, and every file that is tried`, async () => {
  const current = [
    ['kinds', kinds],
    ['files', files],
  ].reduce((text, [name, rows]) => {
    const marked = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*(<!-- /${name} -->)`);
    expect(text).toMatch(marked);
    return text.replace(marked, (_, start: string, end: string) => `${start}\n${rows}\n\n${end}`);
  }, read(page));
  await expect(current).toMatchFileSnapshot(`${root}${page}`);
});

it(`${page} names the limits as the code has them`, () => {
  const text = read(page);
  expect(text).toContain(`${headBytes.toLocaleString('en')} bytes`);
  expect(text).toContain(`${prologueBytesMax / 1024} KB`);
});
