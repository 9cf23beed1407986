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
    'error: the key in PHOTOGPT_API_KEY shows none of the earlier work of photogpt',
  );
  expect(refused.stderr).toContain('shotlist accounts --accept-key photogpt');
  expect((await withKey('demo~2', 'run', 'fox.yaml', '--yes')).code).toBe(0);
  stage.write('hen.yaml', batch.replaceAll('fox', 'hen'));
  expect((await withKey('another-person', 'run', 'hen.yaml', '--yes')).code).toBe(2);
  expect((await withKey('another-person', 'accounts', '--accept-key', 'photogpt')).code).toBe(0);
  expect((await withKey('another-person', 'run', 'hen.yaml', '--yes')).code).toBe(0);
  expect(stage.simulator.book.accepted).toHaveLength(2);
});

it('ends a run whose new key the vendor refuses, and says so', async () => {
  await using stage = await openStage({ keys: ['demo'] });
  stage.write('fox.yaml', batch);
  stage.write('hen.yaml', batch.replaceAll('fox', 'hen'));
  expect((await stage.run(['run', 'fox.yaml', '--yes'], embedded)).code).toBe(0);
  const mistyped = await stage.run(['run', 'hen.yaml', '--yes'], {
    ...embedded,
    PHOTOGPT_API_KEY: 'demoo',
  });
  expect(mistyped.stdout + mistyped.stderr).toContain('the vendor refuses the key');
  expect(mistyped.code).toBe(4);
});

it('lets a cancelled run end at a worker with another key', async () => {
  await using stage = await openStage({ jobMs: 300_000 });
  stage.write('fox.yaml', batch);
  stage.write('hen.yaml', batch.replaceAll('fox', 'hen'));
  const first = await stage.startWorker();
  const fox = stage.start(['run', 'fox.yaml', '--yes']);
  await expect.poll(() => stage.simulator.book.accepted.length, { timeout: 60_000 }).toBe(1);
  fox.process.kill('SIGTERM');
  first.process.kill('SIGTERM');
  await Promise.all([fox.ended, first.ended]);
  await stage.startWorker({ PHOTOGPT_API_KEY: 'another-person' });
  // By a vendor that shows the job to this process: only the worker's key is another.
  const hen = await stage.run(['run', 'hen.yaml', '--yes']);
  expect(hen.stdout + hen.stderr).toContain('shows none of its earlier work');
  expect(hen.code).toBe(4);
  expect((await stage.run(['cancel', 'hen'])).code).toBe(0);
  const state = async () => (await stage.run(['status', 'hen', '--json'])).stdout;
  await expect.poll(state, { timeout: 60_000 }).toContain('"state":"cancelled"');
  expect((await stage.run(['run', 'hen.yaml', '--yes'])).code).toBe(4);
  expect(stage.simulator.book.accepted).toHaveLength(1);
});
