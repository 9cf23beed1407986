import { expect, it } from 'vitest';
import { openStage } from './stage.ts';

const embedded = { TEMPORAL_ADDRESS: undefined, TEMPORAL_NAMESPACE: undefined };
const batch = `\
batch: fox
steps:
  draw: { model: "photogpt:nanobanana", prompt: a fox, name: fox, references: [] }
`;

it('goes on with a renewed key, and refuses one that shows nothing of what is under way', async () => {
  await using stage = await openStage({ jobMs: 8_000 });
  stage.write('fox.yaml', batch);
  const first = stage.start(['run', 'fox.yaml', '--yes'], embedded);
  await expect.poll(() => stage.simulator.book.accepted.length, { timeout: 60_000 }).toBe(1);
  first.process.kill('SIGTERM');
  await first.ended;
  const withKey = (key: string, ...words: string[]) =>
    stage.run(words, { ...embedded, PHOTOGPT_API_KEY: key });
  const refused = await withKey('another-person', 'run', 'fox.yaml', '--yes');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(
    'error: the key in PHOTOGPT_API_KEY shows none of the earlier work of photogpt (1 request)',
  );
  expect(refused.stderr).toContain('shotlist accounts --accept-key photogpt');
  expect((await withKey('demo~2', 'run', 'fox.yaml', '--yes')).code).toBe(0);
  // Nothing is unfinished any more: the name may stand for the other account.
  stage.write('hen.yaml', batch.replaceAll('fox', 'hen'));
  expect((await withKey('another-person', 'run', 'hen.yaml', '--yes')).code).toBe(0);
  expect(stage.simulator.book.accepted).toHaveLength(2);
});
