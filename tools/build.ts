import { execFileSync } from 'node:child_process';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

/** Makes `dist/`: plain JavaScript of `src/`, the sheet's assets, and the workflow bundle. */
const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const manifest = createRequire(import.meta.url).resolve('typescript/package.json');

rmSync(dist, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [join(dirname(manifest), 'bin', 'tsc'), '-p', join(root, 'tsconfig.build.json')],
  { stdio: 'inherit' },
);
cpSync(join(root, 'src', 'report', 'sheet'), join(dist, 'report', 'sheet'), { recursive: true });
const { code } = await bundleWorkflowCode({
  workflowsPath: join(root, 'src', 'workflows', 'index.ts'),
});
writeFileSync(join(dist, 'workflows.bundle.js'), code);
