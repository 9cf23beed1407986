import type { JsonDocument } from '../../../src/commands/json/index.ts';
import { vendors } from '../../../src/providers/registry.ts';
import { openDesk } from '../desk.ts';
import { checkDocument } from './check-document.ts';
import { type Desk, environment, fillProject } from './example-project.ts';

interface Example {
  readonly line: string;
  readonly value: unknown;
}

/** `run` is not here, since it needs a Temporal server: its document is that of `status`. */
const commandLines: readonly string[] = [
  'validate spring.yaml',
  'validate wrong.yaml',
  'plan spring.yaml --shots',
  'plan spring.yaml --show stills/Oslo',
  'status unknown',
  'status lookbook',
  'pause lookbook',
  'resume lookbook',
  'budget lookbook photogpt "9 credits"',
  'resolve lookbook --look one/Lisbon',
  'resolve lookbook one/Lisbon --again --yes',
  'receipt lookbook',
  'collect lookbook',
  'cancel lookbook --abandon',
  'watch cast',
  'accounts',
  'models gptimage2api gpt-image-2',
  'models',
  'presets photogpt',
  'uploads photogpt',
  'trained photogpt',
  'uploads photogpt --delete-all --yes',
  'backup spring.shotlist',
  'restore spring.shotlist --yes',
  'gaps',
  'gaps --close 1 --yes',
  'doctor',
];

/** @returns each document with a command line that printed it; the first one in the list above */
export async function takeExamples(): Promise<ReadonlyMap<JsonDocument, Example>> {
  const desk = await openDesk();
  try {
    await fillProject(desk);
    const examples = new Map<JsonDocument, Example>();
    const stable = stableText(desk);
    for (const line of commandLines) {
      const words = line.match(/"[^"]*"|\S+/g) ?? [];
      const args = [...words.map((word) => word.replaceAll('"', '')), '--json'];
      const result = await desk.run(args, environment);
      const document = checkDocument(args, result);
      if (!document) throw new Error(`${line} printed no document: ${result.stderr}`);
      const value = shortened(JSON.parse(stable(result.stdout)));
      if (!examples.has(document))
        examples.set(document, { line: `shotlist ${line} --json`, value });
    }
    return examples;
  } finally {
    await desk.close();
  }
}

/** What differs from run to run gets a value that does not. */
function stableText({ folder, simulator }: Desk): (text: string) => string {
  const ids = new Map<string, string>();
  const idFor = (id: string): string => {
    const number = String(ids.size + 1).padStart(4, '0');
    const stable = ids.get(id) ?? `0198f2c4-5d1e-7a60-9b3f-8c2d1e5a${number}`;
    ids.set(id, stable);
    return stable;
  };
  const addresses = vendors.flatMap(({ id, baseUrl }) => {
    const simulated = simulator.baseUrls[id] ?? '';
    return [
      [simulated, baseUrl],
      [`${id}@${new URL(simulated).origin}`, `${id}@${new URL(baseUrl).origin}`],
    ] as const;
  });
  return (text) =>
    addresses
      .reduce((all, [from, to]) => all.replaceAll(from, to), text)
      .replaceAll(folder, '/home/anna/spring')
      .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, idFor)
      .replace(/\bp-[0-9a-f]{12}\b/g, 'p-144ea7e19746')
      .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-03-01T09:00:00.000Z')
      .replace(/ledger-before-[\w-]+\.db/g, 'ledger-before-20260301-090000-6ece.db');
}

/** Of each list of objects only the first one; of the findings, one that no machine changes. */
function shortened(value: unknown): unknown {
  if (Array.isArray(value)) {
    const entries = value.filter(({ what }: { what?: string }) => !isOfMachine(what));
    const isLong = entries.some((entry) => typeof entry === 'object');
    return entries.slice(0, isLong ? 1 : undefined).map(shortened);
  }
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shortened(inner)]));
}

const isOfMachine = (finding: string | undefined): boolean =>
  finding !== undefined && ['node', 'temporal'].includes(finding);
