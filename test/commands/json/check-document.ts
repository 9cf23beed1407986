import {
  type CommandDocument,
  commandDocuments,
  errorDocuments,
  type JsonDocument,
} from '../../../src/commands/json/index.ts';

/**
 * Checks what a command printed for a script against the schema of its document.
 * @returns the document; undefined where none was asked for, or none is printed
 * @throws when it is not exactly one document of that shape
 */
export function checkDocument(
  args: readonly string[],
  { code, stdout }: { readonly code: number | null; readonly stdout: string },
): JsonDocument | undefined {
  const expected = expectedOf(args);
  // A usage error and a bug print nothing; a killed process may be cut off.
  if (!expected || code === null || (code !== 0 && stdout === '')) return undefined;
  const value = parsed(args, stdout);
  const possible = code === 0 ? [expected] : [expected, ...errorDocuments];
  const results = possible.map((document) => ({ document, ...document.schema.safeParse(value) }));
  const found = results.find(({ success }) => success);
  if (found) return found.document;
  const reasons = results.map(({ error }) => error?.message).join('\n');
  throw new Error(`${args.join(' ')} prints what no schema allows: ${reasons}\n${stdout}`);
}

/** The document that this command line prints when it does its work. */
function expectedOf(args: readonly string[]): CommandDocument | undefined {
  const own = commandDocuments.filter(({ commands }) => commands.includes(args[0] ?? ''));
  const chosen = own.find(({ options = [] }) => options.some((option) => args.includes(option)));
  const isAsked = args.includes('--json') || args.includes('--show');
  return isAsked ? (chosen ?? own.find(({ options }) => options === undefined)) : undefined;
}

function parsed(args: readonly string[], stdout: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch (cause) {
    throw new Error(`${args.join(' ')} prints no JSON document: ${stdout}`, { cause });
  }
}
