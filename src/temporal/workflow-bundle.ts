import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';
import { memo, type Memo } from '../memo.ts';
import { writeWhole } from '../storage/atomic-file.ts';

const require = createRequire(import.meta.url);
const unusedForMs = 30 * 86_400_000;
const bundles = new Map<string, Memo<WorkflowBundleOption>>();

/**
 * The bundle that was built with the package, else a bundle of the current source. A build takes seconds,
 * so its result is cached in the user's cache folder, by the content of its inputs.
 */
export function workflowBundle(
  cacheFolder: string,
  onProgress: (line: string) => void = () => undefined,
): Promise<WorkflowBundleOption> {
  const built = fileURLToPath(new URL('../workflows.bundle.js', import.meta.url));
  if (existsSync(built)) return Promise.resolve({ codePath: built });
  const bundle = bundles.get(cacheFolder) ?? memo(() => cachedBundle(cacheFolder, onProgress));
  bundles.set(cacheFolder, bundle);
  return bundle.get();
}

async function cachedBundle(
  cacheFolder: string,
  onProgress: (line: string) => void,
): Promise<WorkflowBundleOption> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const workflows = fileURLToPath(new URL(`../workflows/index.${extension}`, import.meta.url));
  const folder = join(cacheFolder, 'workflows');
  const codePath = join(folder, `${contentKey(workflows)}.js`);
  if (existsSync(codePath)) return { codePath };
  const bundle = await bundleWorkflowCode({
    workflowsPath: workflows,
    logger: {
      log: () => undefined,
      trace: () => undefined,
      debug: () => undefined,
      info: () => undefined,
      warn: onProgress,
      error: onProgress,
    },
  });
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await removeOld(folder);
    await writeWhole(codePath, [bundle.code]);
    return { codePath };
  } catch {
    // Without a writable cache, each start only costs a few seconds more.
    return bundle;
  }
}

/** A hash of the workflows' source, its imports, and the version of the SDK that bundles it. */
function contentKey(entry: string): string {
  const manifest = require.resolve('@temporalio/worker/package.json');
  const key = createHash('sha256');
  for (const file of [manifest, ...sourceFiles(entry)])
    key.update(`${file}\0${readFileSync(file, 'utf8')}\0`);
  return key.digest('hex').slice(0, 32);
}

/** Relative imports and re-exports of values. Type-only ones are removed before bundling. */
const loads = /^(?:import|export)(?! type\b)[^;]*?\bfrom '(\.[^']+)'/gm;

/** The file and all files that it loads, directly or indirectly. */
export function sourceFiles(entry: string): ReadonlySet<string> {
  const files = new Set([entry]);
  for (const file of files)
    for (const [, loaded = ''] of readFileSync(file, 'utf8').matchAll(loads))
      files.add(resolve(dirname(file), loaded));
  return files;
}

async function removeOld(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > unusedForMs) await rm(path, { force: true });
  }
}
