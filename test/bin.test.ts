import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const bin = join(import.meta.dirname, '..', 'bin', 'shotlist.js');

/** `shotlist --version` in a process that says it is this version of Node. */
function startedWith(version: string) {
  const versions = `{ value: { ...process.versions, node: ${JSON.stringify(version)} } }`;
  const pretended = `data:text/javascript,Object.defineProperty(process,'versions',${versions})`;
  const args = ['--import', pretended, bin, '--version'];
  return spawnSync(process.execPath, args, { encoding: 'utf8' });
}

describe('the program', () => {
  it.each(['18.20.4', '22.18.0'])('says how to get on with Node %s', (version) => {
    const { status, stdout, stderr } = startedWith(version);
    expect(stderr).toContain(`shotlist needs Node 22.19 or newer; this is ${version}`);
    expect(stderr).toContain(`npx node@24 "${bin}"`);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it('says the same with one that cannot run the source of a checkout', () => {
    const args = ['--no-experimental-strip-types', bin, '--version'];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(stderr).toContain(`this is ${process.versions.node}, which reads no TypeScript`);
    expect(status).toBe(2);
  });

  it.each(['22.19.0', '24.0.0'])('starts with Node %s', (version) => {
    expect(startedWith(version)).toMatchObject({ status: 0, stderr: '' });
  });
});
