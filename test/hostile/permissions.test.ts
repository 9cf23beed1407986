import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteLedger } from '../../src/ledger/sqlite/index.ts';

const bin = join(import.meta.dirname, '..', '..', 'bin', 'shotlist.js');
const batch = `\
batch: fox
steps:
  draw: { rows: rows.csv, model: "photogpt:nanobanana", prompt: "a fox {{ what }}" }
`;
/** Nobody in particular: no home, no entry among the users, no rights. */
const stranger = 54_321;
const isRoot = process.getuid?.() === 0;

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'shotlist-rights-')));
  chmodSync(folder, 0o755);
  write('fox.yaml', batch);
  write('rows.csv', 'what\nred\n');
});
afterEach(() => {
  chmodSync(folder, 0o755);
  rmSync(folder, { recursive: true, force: true });
});

const at = (...parts: string[]): string => join(folder, ...parts);
const write = (name: string, text: string): void => writeFileSync(at(name), text);
/** Nobody but its owner may touch it; where tests run as root, `run` is a stranger. */
const lock = (name: string, mode = 0o000): void =>
  chmodSync(at(name), isRoot ? mode | 0o700 : mode);

/** As somebody without rights to what the tests have locked. */
function run(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const who = isRoot ? { uid: stranger, gid: stranger } : {};
  const { PATH } = process.env;
  const env = { PATH, ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    ...who,
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

function expectOneLine({ code, stderr }: ReturnType<typeof run>, what: string): void {
  const [first = '', ...rest] = stderr.trimEnd().split('\n');
  expect(first).toMatch(/^error: /);
  expect(first).toContain(what);
  expect(rest.every((line) => line.startsWith('  '))).toBe(true);
  expect(rest.length).toBeGreaterThan(0);
  expect(stderr).not.toContain('    at ');
  expect(stderr).not.toContain('bug');
  expect(code).toBe(2);
}

describe('a person without the rights', () => {
  it.each([
    ['the batch file', 'fox.yaml', 'cannot read fox.yaml: permission denied (EACCES)'],
    ['a data file', 'rows.csv', 'cannot read rows.csv: permission denied (EACCES)'],
    ['the settings', 'shotlist.yaml', 'shotlist.yaml: permission denied (EACCES)'],
  ])('hears which file may not be read: %s', (_, name, what) => {
    write('shotlist.yaml', '{}');
    lock(name);
    const refused = run(['validate', 'fox.yaml']);
    expectOneLine(refused, what);
    expect(refused.stderr).toMatch(/chmod -R u\+rwX|sudo chown -R/);
  });

  it('hears that a referenced file may not be read', () => {
    write('fox.yaml', `${batch.trimEnd().slice(0, -2)}, references: [secret.png] }\n`);
    write('secret.png', 'x');
    lock('secret.png');
    expectOneLine(run(['validate', 'fox.yaml']), 'cannot read secret.png: permission denied');
  });

  it('hears that the project folder may not be written, and whose it is', () => {
    lock('.', 0o555);
    const refused = run(['plan', 'fox.yaml']);
    expectOneLine(refused, `cannot use ${at('.shotlist')}: permission denied (EACCES)`);
    if (isRoot) expect(refused.stderr).toContain(`belongs to user 0, and you are user ${stranger}`);
  });

  it.each([
    ['read', 0o000],
    ['written', 0o444],
  ])('hears that the ledger may not be %s', async (_, mode) => {
    mkdirSync(at('.shotlist'));
    await (await openSqliteLedger({ path: at('.shotlist', 'ledger.db') })).close();
    chmodSync(at('.shotlist', 'ledger.db'), isRoot ? mode | 0o600 : mode);
    const name = at('.shotlist', 'ledger.db');
    for (const command of [['plan', 'fox.yaml'], ['collect'], ['accounts', '--offline']])
      expectOneLine(run(command), `cannot open the ledger ${name}: permission denied (EACCES)`);
  });

  it('hears that the ledger lies in a folder that may not be entered', async () => {
    mkdirSync(at('.shotlist'));
    await (await openSqliteLedger({ path: at('.shotlist', 'ledger.db') })).close();
    lock('.shotlist');
    for (const command of [['collect'], ['status', 'fox'], ['validate', 'fox.yaml'], ['models']])
      expectOneLine(run(command), `${at('.shotlist', 'ledger.db')}: permission denied (EACCES)`);
    const doctor = run(['doctor']);
    expect(doctor.stdout).toMatch(/ledger +bad +.*permission denied/);
    expect(doctor.code).toBe(1);
  });

  it('hears it as JSON where that was asked for', () => {
    lock('.', 0o555);
    const { code, stdout } = run(['plan', 'fox.yaml', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      error: expect.stringContaining('permission denied (EACCES)'),
      next: [expect.stringContaining(folder)],
    });
    expect(code).toBe(2);
  });

  it.skipIf(process.platform !== 'linux')('may be without a home, where none is needed', () => {
    if (isRoot) chownSync(folder, stranger, stranger);
    const { code, stderr } = run(['plan', 'fox.yaml']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it.skipIf(process.platform !== 'linux')('hears which cache folder cannot be used', () => {
    if (isRoot) chownSync(folder, stranger, stranger);
    write('home', 'a file, where the home should be');
    const lost = { HOME: at('home'), PATH: '', PHOTOGPT_API_KEY: 'x' };
    const refused = run(['run', 'fox.yaml', '--yes'], {
      ...lost,
      PHOTOGPT_BASE_URL: 'http://127.0.0.1:1',
    });
    expect(refused.stderr).toContain(
      `error: the cache folder ${at('home', '.cache', 'shotlist')} cannot be used: ` +
        'a file stands where a folder is needed (ENOTDIR)',
    );
    expect(refused.stderr).toContain('XDG_CACHE_HOME=FOLDER');
    expect(refused.code).toBe(2);
  });
});

describe('something else in the place of what is needed', () => {
  it.each([
    ['.shotlist', 'a file', '.shotlist', 'something else stands in its place (EEXIST)'],
    ['.shotlist/ledger.db', '', 'ledger.db', 'a folder stands where a file is needed (EISDIR)'],
    ['.shotlist/ledger.db', 'no database at all', 'ledger.db', 'it is no database (SQLITE_NOTADB)'],
  ])('is named with the command that helps: %s (%s)', (name, content, shown, why) => {
    if (name.includes('/')) mkdirSync(at('.shotlist'));
    if (content === '') mkdirSync(at(name));
    else write(name, content);
    if (isRoot) chownAll();
    const refused = run(['plan', 'fox.yaml']);
    expectOneLine(refused, why);
    expect(refused.stderr).toContain(shown);
  });

  it('is named before anything is spent: the blob store', () => {
    mkdirSync(at('.shotlist'));
    write('.shotlist/blobs', 'a file');
    if (isRoot) chownAll();
    const environment = { PHOTOGPT_API_KEY: 'x', PHOTOGPT_BASE_URL: 'http://127.0.0.1:1' };
    const refused = run(['run', 'fox.yaml', '--yes'], environment);
    expectOneLine(refused, at('.shotlist', 'blobs'));
  });

  function chownAll(): void {
    spawnSync('chown', ['-R', `${stranger}:${stranger}`, folder]);
  }
});

describe('a disk that is full', () => {
  const sized = (bytes: number, args: readonly string[]) => {
    const command = `ulimit -f ${bytes}; exec "$0" "$@"`;
    const words = ['-c', command, process.execPath, bin, ...args];
    const { status, stdout, stderr } = spawnSync('/bin/sh', words, {
      cwd: folder,
      encoding: 'utf8',
    });
    return { code: status, stdout, stderr };
  };

  it.skipIf(process.platform === 'win32')('is named while the ledger is made', () => {
    expectOneLine(sized(0, ['plan', 'fox.yaml']), `cannot open the ledger ${at('.shotlist')}`);
  });

  it('is named as such on a disk that has no room', (context) => {
    mkdirSync(at('disk'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', at('disk')]);
    if (mounted.status !== 0) context.skip('only root may mount a small disk here');
    try {
      writeFileSync(at('disk', 'fox.yaml'), batch);
      writeFileSync(at('disk', 'rows.csv'), 'what\nred\n');
      const env = { ...process.env, SHOTLIST_HOME: at('disk') };
      const { status, stderr } = spawnSync(process.execPath, [bin, 'plan', 'disk/fox.yaml'], {
        cwd: folder,
        env,
        encoding: 'utf8',
      });
      expectOneLine({ code: status, stdout: '', stderr }, 'the disk is full');
      expect(stderr).toContain(`df -h ${at('disk')}`);
    } finally {
      spawnSync('umount', [at('disk')]);
    }
  });
});
