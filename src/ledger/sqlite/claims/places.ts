import type { Database } from '../database.ts';
import { states } from '../states.ts';

/**
 * Who has the one place of an account and fingerprint: live or accepted. Jobs that arrived when the place
 * was taken are collected beside it and hold none.
 */
export function placeHolder(
  database: Database,
  account: string,
  fingerprint: string,
): string | undefined {
  return database.get<{ id: string }>(
    `select id from submission where account = ? and fp = ? and standby = 0
     and state in ${states.exclusive}`,
    account,
    fingerprint,
  )?.id;
}

/**
 * Gives an empty place to a job that was collected beside it: it is paid, so nothing need be paid again.
 * Left to choose, SQLite would go by state and read all that the account ever made.
 */
export function promoteSpare(
  database: Database,
  account: string,
  fingerprint: string,
): string | undefined {
  return database.get<{ id: string }>(
    `update submission set standby = 0 where id = (
       select id from submission indexed by submission_fp
       where account = ? and fp = ? and standby = 1
       and state in ('submitted', 'succeeded') order by state desc, id limit 1) returning id`,
    account,
    fingerprint,
  )?.id;
}
