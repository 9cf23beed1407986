import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { describe, expect, inject, it } from 'vitest';
import { workflowBundle } from '../../src/temporal/workflow-bundle.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

const folder = join(import.meta.dirname, 'histories');

describe('replay', () => {
  it('has histories of batches and of shards', () => {
    const names = readdirSync(folder);
    expect(names.some((name) => name.startsWith('batch-'))).toBe(true);
    expect(names.some((name) => name.startsWith('shard-'))).toBe(true);
  });

  it.each(readdirSync(folder))('goes the same way through %s', async (name) => {
    const history: unknown = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    const bundle = await workflowBundle(inject('cacheFolder'));
    await Worker.runReplayHistory({ workflowBundle: bundle }, history);
  });
});
