import type { Range } from '../../port.ts';
import type { Database } from '../database.ts';

export interface RangeCounts {
  readonly open: number;
  readonly bound: number;
}

export function countRange(database: Database, range: Range): RangeCounts {
  return (
    database.get<RangeCounts>(
      `select count(*) filter (where state = 'open') as open,
         count(*) filter (where state = 'bound') as bound
       from shot where batch = ? and lane = ? and pos >= ? and pos < ? and account = ?`,
      range.batch,
      range.lane,
      range.from,
      range.to,
      range.account,
    ) ?? { open: 0, bound: 0 }
  );
}
