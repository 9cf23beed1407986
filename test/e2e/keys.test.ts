import { cpSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vendors } from '../../src/providers/registry.ts';
import { type Proxy, openEchoingProxy } from './echoing-proxy.ts';
import { openStage, type Stage } from './stage.ts';

/** Keys that nothing holds by chance, with characters that URLs and JSON spell in their own ways. */
const keys = vendors.map(({ id }) => `sk/${id}+Zq7="vX9"&kW3-${id.toUpperCase()}`);

/** What a key may look like: as it is, in JSON, in URLs, in Base64 wherever it begins in it, in hex. */
const forms = keys.flatMap((key) => [
  key,
  JSON.stringify(key).slice(1, -1),
  encodeURIComponent(key),
  Buffer.from(key).toString('hex'),
  ...[0, 1, 2].flatMap((shift) => {
    const padded = Buffer.concat([Buffer.alloc(shift), Buffer.from(key)]);
    // The characters at both ends depend on the neighbours.
    const trim = (text: string): string => text.replace(/=+$/, '').slice(4, -2);
    return [trim(padded.toString('base64')), trim(padded.toString('base64url'))];
  }),
]);
const leaksIn = (bytes: Buffer | string): string[] =>
  forms.filter((form) => Buffer.from(bytes).includes(form));

const models = [
  'photogpt:nanobanana-pro',
  'productai:nanobanana2',
  'wonda:nano-banana-pro',
  'gptimage2api:nano-banana-pro',
];
const batch = (name: string, count: number): string => `\
batch: ${name}
policy: { maxFailures: none }
steps:
  images:
    matrix: { number: [${Array.from({ length: count }, (_, index) => index + 1).join(', ')}] }
    model: [${models.map((model) => `"${model}"`).join(', ')}]
    references: carafe.jpg
    prompt: carafe {{ number }} of ${name}
`;
const accounts = `\
accounts:
${vendors
  .map(
    ({ id }) => `  ${id}:
    ${id === 'photogpt' || id === 'gptimage2api' ? 'referenceHost: wonda' : '{}'}
    limits: { perMinute: 6000, inFlight: 16 }
    timeouts: { pollFirstMs: 50, pollMs: 100 }`,
  )
  .join('\n')
  .replaceAll('    {}\n', '')}
`;

/** Every file below a folder, database journals too. */
function* filesBelow(folder: string): Generator<[string, Buffer]> {
  for (const name of readdirSync(folder, { recursive: true }) as string[]) {
    const path = join(folder, name);
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) yield [name, readFileSync(path)];
  }
}

/** Reads the command lines of all processes again and again. */
function watchCommandLines(): { readonly leaks: string[]; readonly count: number; stop(): void } {
  const leaks: string[] = [];
  const seen = new Set<string>();
  const look = (): void => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        seen.add(line);
        if (leaksIn(line).length > 0) leaks.push(line);
      } catch {
        // It has ended meanwhile.
      }
  };
  const timer = setInterval(look, 100);
  look();
  return {
    leaks,
    get count() {
      return seen.size;
    },
    stop: () => clearInterval(timer),
  };
}

describe.runIf(process.platform === 'linux')('a key', () => {
  let stage: Stage;
  let proxy: Proxy;
  let environment: Record<string, string | undefined>;
  beforeAll(async () => {
    stage = await openStage({ faults: [{ kind: 'job-fails', nth: [3] }] });
    proxy = await openEchoingProxy(stage.simulator.url);
    environment = { TEMPORAL_ADDRESS: undefined, TEMPORAL_NAMESPACE: undefined };
    for (const [index, { id }] of vendors.entries()) {
      environment[`${id.toUpperCase()}_API_KEY`] = keys[index];
      const base = stage.simulator.baseUrls[id] ?? '';
      environment[`${id.toUpperCase()}_BASE_URL`] = base.replace(stage.simulator.url, proxy.url);
    }
    stage.write('shotlist.yaml', accounts);
    const photo = join(import.meta.dirname, '../../batches/photos/carafe.jpg');
    cpSync(photo, join(stage.folder, 'carafe.jpg'));
    stage.write('first.yaml', batch('first', 2));
    stage.write('second.yaml', batch('second', 1));
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });

  it('is in no history, database, log, file, message or command line, whatever vendors do', async () => {
    const lines = watchCommandLines();
    const worker = await stage.startWorker(environment as Record<string, string>);
    const said: string[] = [];
    const run = async (...args: string[]): Promise<number | null> => {
      const { code, stdout, stderr } = await stage.run(args, environment);
      said.push(stdout, stderr);
      return code;
    };
    expect(await run('run', 'first.yaml', '--yes', '--unknown-prices'), said.join('\n')).toBe(3);
    proxy.refuseKeys = true;
    expect(await run('run', 'second.yaml', '--yes', '--unknown-prices'), said.join('\n')).toBe(4);
    await Promise.all([
      run('accounts'),
      run('accounts', '--json'),
      run('status', 'first'),
      run('receipt', 'first', '--json'),
      run('trained', 'photogpt'),
      run('uploads', 'wonda'),
    ]);

    const { address } = JSON.parse(stage.read('.shotlist/server.json')) as { address: string };
    const histories = await historiesAt(address);
    const whileServing = [...filesBelow(stage.folder)];
    worker.process.kill('SIGTERM');
    const { stdout, stderr } = await worker.ended;
    lines.stop();

    // The keys were at risk: every one was sent, came back in other words, and was blanked out.
    for (const key of keys) expect([...proxy.seen]).toContain(key);
    expect(said.join('\n')).toContain('[key]');
    expect(histories.length).toBeGreaterThan(5);
    expect(lines.count).toBeGreaterThan(5);
    const names = whileServing.map(([name]) => name).join('\n');
    for (const file of [
      'ledger.db',
      'ledger.db-wal',
      'manifest.jsonl',
      'receipt.json',
      'index.html',
    ])
      expect(names).toContain(file);
    expect(names).toMatch(/out\/first\/images\/[^\n]+\.json/);
    expect(names).toMatch(/\.shotlist\/[^\n]*temporal[^\n]*\.db/);
    expect(leaksIn(`before ${keys[0]} after`)).not.toEqual([]);
    expect(leaksIn(Buffer.from(`Bearer ${keys[1]}`).toString('base64'))).not.toEqual([]);

    expect(proxy.strayed).toEqual([]);
    expect(lines.leaks).toEqual([]);
    expect(leaksIn([...said, stdout, stderr].join('\n'))).toEqual([]);
    expect(histories.filter((history) => leaksIn(history).length > 0)).toEqual([]);
    for (const files of [whileServing, [...filesBelow(stage.folder)]])
      expect(files.filter(([, bytes]) => leaksIn(bytes).length > 0).map(([name]) => name)).toEqual(
        [],
      );
  }, 120_000);
});

/** Every event of every workflow, its payloads as text. */
async function historiesAt(address: string): Promise<string[]> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection });
    const histories: string[] = [];
    for await (const { workflowId, runId } of client.workflow.list()) {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      histories.push(
        JSON.stringify(history, (_, value: unknown) =>
          value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
        ),
      );
    }
    return histories;
  } finally {
    await connection.close();
  }
}
