import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { isDiskFull, toApplicationFailure } from '../../src/activities/to-application-failure.ts';

describe('a full disk', () => {
  it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])('is told by %s', (code) => {
    expect(isDiskFull(Object.assign(new Error('write'), { code }))).toBe(true);
  });

  it('is told by a database that has no room, and waited for', () => {
    const error = databaseError(`insert into file values (zeroblob(100000))`);
    expect(isDiskFull(error)).toBe(true);
    expect(toApplicationFailure(error)).toMatchObject({
      message: 'the disk is full; the work goes on when there is room',
      nonRetryable: false,
      nextRetryDelay: '1 minute',
    });
  });

  it('is not what every error of a database or a file means', () => {
    expect(isDiskFull(databaseError('insert into nothing values (1)'))).toBe(false);
    expect(isDiskFull(Object.assign(new Error('open'), { code: 'EACCES' }))).toBe(false);
  });
});

/** What a database of two pages says to a statement. */
function databaseError(statement: string): unknown {
  const database = new DatabaseSync(':memory:');
  database.exec('create table file (content blob); pragma max_page_count = 2');
  try {
    database.exec(statement);
  } catch (error) {
    return error;
  } finally {
    database.close();
  }
  return undefined;
}
