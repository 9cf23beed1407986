import { mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemFailure } from '../src/system-errors.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "shotlist's problem-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function failureOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

describe('systemFailure', () => {
  it('gives the path, the reason and a command that can be pasted', () => {
    const file = join(folder, 'a.txt');
    writeFileSync(file, '');
    expect(systemFailure(failureOf(() => readdirSync(file)))).toEqual({
      code: 'ENOTDIR',
      path: file,
      why: 'a file stands where a folder is needed',
      next: `inspect it, and move it away: ls -ld '${file.replace("'", String.raw`'\''`)}'`,
    });
    mkdirSync(join(folder, 'b'));
    expect(systemFailure(failureOf(() => openSync(join(folder, 'b'), 'w')))).toMatchObject({
      code: 'EISDIR',
      why: 'a folder stands where a file is needed',
    });
  });

  it('explains what SQLite says', () => {
    const file = join(folder, 'ledger.db');
    writeFileSync(file, 'this is no database, whatever its name says');
    const database = new DatabaseSync(file);
    const problem = systemFailure(failureOf(() => database.exec('create table a (b)')));
    database.close();
    expect(problem).toMatchObject({ code: 'SQLITE_NOTADB', why: 'it is no database' });
    expect(problem?.next).toContain('shotlist restore FILE');
  });

  it('leaves every other error to be what it is: a bug', () => {
    for (const error of [new Error('x'), new TypeError('y'), 'z', undefined])
      expect(systemFailure(error)).toBeUndefined();
    const code = Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' });
    expect(systemFailure(code)).toBeUndefined();
  });

  it.skipIf(process.getuid === undefined)('names the owner of a path that may not be used', () => {
    const file = join(folder, 'secret');
    writeFileSync(file, '', { mode: 0 });
    const refused = Object.assign(new Error('open'), { code: 'EACCES', syscall: 'open' });
    const problem = systemFailure(Object.assign(refused, { path: file }));
    expect(problem?.why).toBe('permission denied');
    expect(problem?.next).toMatch(/^give yourself the right: chmod -R u\+rwX /);
    const other = systemFailure(Object.assign(refused, { path: '/proc/1/root/etc/passwd' }));
    expect(other?.next).toMatch(/chmod|belongs to user/);
  });
});
