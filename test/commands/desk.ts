import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../src/cli.ts';
import { processTerminal } from '../../src/terminal.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import { checkDocument } from './json/check-document.ts';

/** A project folder and a simulator, with commands run in this process. */
export async function openDesk() {
  const folder = mkdtempSync(join(tmpdir(), 'shotlist-desk-'));
  const simulator = await startSimulator({ port: 0, images: 'small' });
  const base = Object.fromEntries(
    Object.entries(simulator.baseUrls).map(([id, url]) => [`${id.toUpperCase()}_BASE_URL`, url]),
  );
  let isOpen = true;
  const closeSimulator = async (): Promise<void> => {
    if (isOpen) await simulator.close();
    isOpen = false;
  };

  /** @param answers what a person types, question by question; without them there is no terminal */
  async function run(
    args: readonly string[],
    environment: Record<string, string> = {},
    answers?: readonly string[],
  ) {
    const typed = [...(answers ?? [])];
    const written = { stdout: '', stderr: '' };
    const code = await main(args, {
      ...processTerminal(),
      environment: { ...base, ...environment },
      folder,
      isInteractive: answers !== undefined,
      ask(question) {
        written.stderr += `${question}\n`;
        const answer = typed.shift();
        if (answer === undefined) throw new Error(`nobody answers: ${question}`);
        return Promise.resolve(answer);
      },
      print: (text) => (written.stdout += `${text}\n`),
      say: (text) => (written.stderr += `${text}\n`),
    });
    checkDocument(args, { code, ...written });
    return { code, ...written };
  }

  return {
    folder,
    simulator,
    closeSimulator,
    run,
    write: (name: string, content: string) => writeFileSync(join(folder, name), content),
    async json<T>(args: readonly string[], environment?: Record<string, string>): Promise<T> {
      return JSON.parse((await run([...args, '--json'], environment)).stdout) as T;
    },
    async close(): Promise<void> {
      await closeSimulator();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
