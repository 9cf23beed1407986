import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/ledger/sqlite/database.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shotlist-database-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('openDatabase', () => {
  it.each([
    ['journal_mode', 'wal'],
    ['synchronous', 2],
    ['fullfsync', 1],
    ['checkpoint_fullfsync', 1],
  ])('a commit survives a power cut: %s is %s', async (name, value) => {
    const database = await openDatabase(join(folder, 'ledger.db'));
    try {
      expect(Object.values(database.get<object>(`pragma ${name}`) ?? {})).toEqual([value]);
    } finally {
      database.close();
    }
  });
});
