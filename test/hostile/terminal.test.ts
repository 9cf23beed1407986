import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { main } from '../../src/cli.ts';
import { processTerminal } from '../../src/terminal.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shotlist-terminal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function run(...args: string[]): Promise<{ code: number; written: string }> {
  let written = '';
  const write = (text: string): void => void (written += `${text}\n`);
  const terminal = { ...processTerminal(), environment: {}, folder, print: write, say: write };
  const code = await main(args, { ...terminal, isInteractive: false });
  return { code, written };
}
const hostile = '\u001b[2J\u009b31m\u202e';

it('what a command prints moves no cursor, whatever its arguments and files say', async () => {
  const batch = `batch: b\nsteps:\n  draw:\n    model: "photogpt:\\e[31m\\u202Eteef"\n    prompt: "{{ \\x9b }}"\n`;
  writeFileSync(join(folder, 'b.yaml'), batch);
  for (const args of [
    ['validate', `${hostile}.yaml`],
    ['validate', 'b.yaml'],
    ['validate', 'b.yaml', '--json'],
    ['status', hostile],
    [hostile],
    ['models', hostile],
  ]) {
    const { code, written } = await run(...args);
    expect(code, written).toBe(2);
    expect(written).not.toMatch(/[^\P{Cc}\n\t]|[\u202a-\u202e]/u);
    if (args.includes('--json')) expect(JSON.parse(written)).toHaveProperty('errors');
  }
});
