import { DatabaseSync } from 'node:sqlite';

/** As it is before `recordStatements` listens. */
const { prepare } = DatabaseSync.prototype;

type Table = 'shot' | 'submission';

/** Every change of a state that the databases which it watched have made, as `from > to`. */
export class SeenTransitions {
  readonly shot = new Set<string>();
  readonly submission = new Set<string>();

  /** The database itself notes them from now on. */
  watch(path: string): void {
    const database = new DatabaseSync(path);
    database.exec('create table seen (of text, pair text, primary key (of, pair))');
    for (const table of ['shot', 'submission'] satisfies Table[])
      database.exec(`create trigger seen_${table} after update of state on ${table}
        when old.state <> new.state begin
          insert or ignore into seen values ('${table}', old.state || ' > ' || new.state);
        end`);
    database.close();
  }

  collect(path: string): void {
    const database = new DatabaseSync(path, { readOnly: true });
    const rows = prepare.call(database, 'select of, pair from seen').all() as {
      of: Table;
      pair: string;
    }[];
    for (const { of, pair } of rows) this[of].add(pair);
    database.close();
  }
}

/** What a table of transitions allows, as `from > to`. */
export function allowedBy(
  table: Readonly<Record<string, { readonly from: readonly string[]; readonly to: string }>>,
): ReadonlySet<string> {
  return new Set(
    Object.values(table).flatMap(({ from, to }) =>
      from.filter((state) => state !== to).map((state) => `${state} > ${to}`),
    ),
  );
}
