import { beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../../src/cli.ts';
import { commandDocuments, errorDocuments } from '../../../src/commands/json/index.ts';
import { processTerminal } from '../../../src/terminal.ts';
import { root } from '../../docs/support.ts';
import { checkDocument } from './check-document.ts';
import { jsonPage, titleOf } from './page.ts';
import { takeExamples } from './take-examples.ts';

const page = 'docs/reference/json.md';

describe('the documents that commands print with --json', () => {
  let examples: Awaited<ReturnType<typeof takeExamples>>;
  beforeAll(async () => {
    examples = await takeExamples();
  });

  it('have the shape of their schemas, each of them', () => {
    expect([...examples.keys()]).toEqual(
      expect.arrayContaining([...commandDocuments, ...errorDocuments]),
    );
  });

  it(`are what ${page} says; \`npx vitest run test/commands/json -u\` writes it again`, async () => {
    await expect(await jsonPage(examples)).toMatchFileSnapshot(`${root}${page}`);
  });

  it('have a section for every command that takes --json, and for no other', async () => {
    const program = await createProgram(processTerminal(), () => {});
    const withJson = program.commands
      .filter(({ options }) => options.some(({ long }) => long === '--json'))
      .map((command) => command.name());
    const described = commandDocuments.flatMap(({ commands, options }) =>
      options ? [] : commands,
    );
    expect(described.toSorted()).toEqual(withJson.toSorted());
    const text = await jsonPage(examples);
    const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    for (const document of commandDocuments) expect(headings).toContain(titleOf(document));
    for (const { title } of errorDocuments) expect(headings).toContain(title);
  });

  it('name options that their commands have', async () => {
    const program = await createProgram(processTerminal(), () => {});
    for (const { commands, options = [] } of commandDocuments)
      for (const command of program.commands.filter((each) => commands.includes(each.name())))
        expect(command.options.map(({ long }) => long)).toEqual(
          expect.arrayContaining([...options]),
        );
  });
});

describe('the check of a printed document', () => {
  const gap = { gap: 1, why: 'a backup was restored', found: null, closed: null };
  const times = { from: '2026-03-01T09:00:00.000Z', to: '2026-03-01T09:00:01.000Z' };
  const whole = { ...gap, ...times, open: true, clear: [] };
  const check = (entry: object) =>
    checkDocument(['gaps', '--json'], { code: 0, stdout: JSON.stringify({ gaps: [entry] }) });

  it('refuses a field that is not described, one that is missing, and a second document', () => {
    expect(() => check(whole)).not.toThrow();
    expect(() => check({ ...whole, more: 1 })).toThrow('more');
    expect(() => check({ ...whole, why: undefined })).toThrow('why');
    const stdout = '{"gaps":[]}\n{"gaps":[]}\n';
    expect(() => checkDocument(['gaps', '--json'], { code: 0, stdout })).toThrow(
      'no JSON document',
    );
  });

  it('takes an error only from a command that failed', () => {
    const stdout = '{"error":"no batch has run","next":[]}';
    expect(() => checkDocument(['gaps', '--json'], { code: 2, stdout })).not.toThrow();
    expect(() => checkDocument(['gaps', '--json'], { code: 0, stdout })).toThrow('gaps');
  });
});
