import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openStage } from './stage.ts';

const batch = (name: string): string => `\
batch: ${name}
steps:
  draw:
    rows: [{ it: a }, { it: b }, { it: c }]
    model: "photogpt:nanobanana"
    prompt: "${name} {{ it }}"
    name: "{{ it }}"
    references: []
`;

it('keeps the budget of an account whatever a project without one does beside it', async () => {
  await using stage = await openStage({ jobMs: 50 });
  const write = (file: string, content: string): void =>
    writeFileSync(join(stage.folder, file), content);
  for (const project of ['one', 'two']) mkdirSync(join(stage.folder, project));
  write('one/shotlist.yaml', 'accounts: { photogpt: { budget: "10 credits" } }\n');
  write('two/shotlist.yaml', '{}\n');
  write('one/fox.yaml', batch('fox'));
  write('two/hen.yaml', batch('hen'));
  const run = (...words: string[]) =>
    stage.run(words, {
      ...{ TEMPORAL_ADDRESS: undefined, TEMPORAL_NAMESPACE: undefined },
      SHOTLIST_LEDGER: `sqlite:${join(stage.folder, 'ledger.db')}`,
    });
  expect((await run('run', 'one/fox.yaml', '--yes')).code).toBe(4);
  expect((await run('plan', 'two/hen.yaml')).code).toBe(0);
  expect((await run('run', 'one/fox.yaml', '--yes')).code).toBe(4);
  const other = await run('run', 'two/hen.yaml', '--yes');
  expect(other.stdout + other.stderr).toContain('standing budget');
  expect(other.code).toBe(4);
  expect(stage.simulator.book.accepted).toHaveLength(1);
});
