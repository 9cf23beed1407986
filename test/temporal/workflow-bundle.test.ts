import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourceFiles, workflowBundle } from '../../src/temporal/workflow-bundle.ts';

const source = join(import.meta.dirname, '..', '..', 'src');

describe('workflowBundle', () => {
  let cache: string;
  beforeAll(() => {
    cache = mkdtempSync(join(tmpdir(), 'shotlist-bundle-'));
  });
  afterAll(() => rmSync(cache, { recursive: true, force: true }));

  it('keeps the bundle by the content of every file that goes into it', async () => {
    const bundle = await workflowBundle(cache);
    const [name = ''] = readdirSync(join(cache, 'workflows'));
    const codePath = join(cache, 'workflows', name);
    expect(bundle).toEqual({ codePath });
    const map = readFileSync(codePath, 'utf8').split('sourceMappingURL=data:').at(-1) ?? '';
    const json = Buffer.from(map.slice(map.indexOf(',') + 1), 'base64').toString('utf8');
    const { sources } = JSON.parse(json) as { sources: string[] };
    const own = sources.filter((path) => path.startsWith(source) && path.endsWith('.ts'));
    expect(own).toContain(join(source, 'batch', 'ids.ts'));
    expect([...sourceFiles(join(source, 'workflows', 'index.ts'))].toSorted()).toEqual(
      own.toSorted(),
    );
  });

  it('does without a cache that cannot be written', async () => {
    const file = join(cache, 'a-file');
    writeFileSync(file, '');
    expect(await workflowBundle(file)).toHaveProperty('code');
  });
});
