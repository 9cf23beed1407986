#!/usr/bin/env node
// Plain JavaScript, so that an old Node can at least say which one is needed.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

// A checkout runs its source, never a build that may be older; a published package has no source.
const source = new URL('../src/cli.ts', import.meta.url);
const isSource = existsSync(source);
const needed = [22, 19];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const isOld = major < needed[0] || (major === needed[0] && minor < needed[1]);
if (isOld || (isSource && !process.features.typescript)) {
  const why = isOld ? '' : ', which reads no TypeScript';
  console.error(
    `error: shotlist needs Node ${needed.join('.')} or newer; this is ${process.versions.node}${why}\n` +
      '  install a newer Node from https://nodejs.org, such as version 24\n' +
      `  or let npm fetch one for a command: npx node@24 "${fileURLToPath(import.meta.url)}"`,
  );
  process.exit(2);
}
// A file that has reached `ulimit -f` is a full disk, which is waited for: by itself it would kill the process.
if (process.platform !== 'win32') process.on('SIGXFSZ', () => undefined);
// Halves the time to start. It lies beside the code: who may write there may change the code as well.
module.enableCompileCache(
  fileURLToPath(new URL('../node_modules/.cache/shotlist', import.meta.url)),
);
const entry = isSource ? source : new URL('../dist/cli.js', import.meta.url);
const { main } = await import(entry.href);
process.exitCode = await main(process.argv.slice(2));
// Now, while such a signal is still heard.
module.flushCompileCache();
