#!/usr/bin/env node
// Plain JavaScript, so that an old Node can at least say which one is needed.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const needed = [22, 19];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  console.error(
    `shotlist needs Node ${needed.join('.')} or newer; this is ${process.versions.node}.\n` +
      'Install a newer Node, or put one beside it: npm install node@24',
  );
  process.exit(2);
}
// A file that has reached `ulimit -f` is a full disk, which is waited for: by itself it would kill the process.
if (process.platform !== 'win32') process.on('SIGXFSZ', () => undefined);
// Halves the time to start. It lies beside the code: who may write there may change the code as well.
module.enableCompileCache(
  fileURLToPath(new URL('../node_modules/.cache/shotlist', import.meta.url)),
);
// A checkout runs its source, never a build that may be older; a published package has no source.
const source = new URL('../src/cli.ts', import.meta.url);
const entry = existsSync(source) ? source : new URL('../dist/cli.js', import.meta.url);
const { main } = await import(entry.href);
process.exitCode = await main(process.argv.slice(2));
// Now, while such a signal is still heard.
module.flushCompileCache();
