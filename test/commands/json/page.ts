import { format } from 'prettier';
import { z } from 'zod';
import {
  type CommandDocument,
  commandDocuments,
  errorDocuments,
  type JsonDocument,
} from '../../../src/commands/json/index.ts';
import { fieldTable, namedParts } from './field-table.ts';

const intro = `\
# JSON documents

Made from the schemas in \`src/commands/json\` by \`npx vitest run test/commands/json -u\`; change the schemas, not this page.

With \`--json\`, a command prints exactly one document, alone on standard output. Progress, questions and advice go to standard error.

- **Stable.** A later version may add documents, fields, and values of fields such as \`state\`. It removes and renames none, and it
  changes no type and no meaning. Ignore fields that you do not know.
- **Exit codes.** They are in [Operating](../operating.md#exit-codes). A command may print its document and end with a code other than 0.
- **Errors.** A command that fails prints [an error](#an-error) or [mistakes in a batch file](#mistakes-in-a-batch-file).
  Wrong usage (code 2) and a bug (code 1) print nothing on standard output.
- **Text for people.** The wording of \`why\`, \`message\`, \`detail\`, \`text\` and \`error\` may change.

## How to read the tables

| written | means |
| --- | --- |
| \`name?\` | the field may be absent |
| \`list[].name\` | a field of each entry of the list |
| \`object.*\` | a value of the object, whose keys are names |
| decimal | money: a string such as \`"12.5"\`, in \`credits\` or \`usd\`. Never a number, and never in smaller parts. Up to 3 digits after the point in credits, 6 in usd |
| time | a string such as \`"2026-03-01T09:00:00.000Z"\`, always in UTC |

Examples are real, but for ids, times and paths. Of a list of objects, they show the first one only.

## Commands
`;

/** The title of a section. */
export function titleOf({ commands, options }: CommandDocument): string {
  const option = options?.[0];
  const names = commands.map((name) => (option === undefined ? name : `${name} ${option}`));
  return names.map((name) => `\`${name}\``).join(', ');
}

/** @param examples printed documents, each with the command line that printed it */
export async function jsonPage(
  examples: ReadonlyMap<JsonDocument, { readonly line: string; readonly value: unknown }>,
): Promise<string> {
  const sections: string[] = [];
  const titled = [
    ...commandDocuments.map((document) => ({ title: titleOf(document), document })),
    ...errorDocuments.map((document) => ({ title: document.title, document })),
  ];
  for (const { title, document } of titled) {
    const example = examples.get(document);
    if (!example) throw new Error(`no example of ${title}`);
    sections.push(await section(title, document, example));
  }
  const rows = commandDocuments.map((document) => {
    const title = titleOf(document);
    return `| [${title}](#${anchorOf(title)}) | ${document.about} |`;
  });
  return [
    `${intro}\n| command | document |\n| --- | --- |\n${rows.join('\n')}\n`,
    ...sections,
  ].join('\n');
}

async function section(
  title: string,
  { about, schema }: JsonDocument,
  { line, value }: { readonly line: string; readonly value: unknown },
): Promise<string> {
  const shape = z.toJSONSchema(schema);
  const parts = namedParts(shape).map(
    ([name, part]) => `### ${name}\n\nA part of the document above.\n\n${fieldTable(part)}\n`,
  );
  const text = await format(JSON.stringify(value), { parser: 'json', printWidth: 100 });
  const example = `\`\`\`sh\n${line}\n\`\`\`\n\n\`\`\`json\n${text}\`\`\`\n`;
  return [`## ${title}\n\n${about}\n\n${fieldTable(shape)}\n`, ...parts, example].join('\n');
}

/** As GitHub makes it of a heading. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
