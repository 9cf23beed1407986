import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const source = join(import.meta.dirname, '..', '..', 'src', 'ledger', 'sqlite');

/** Every SQL text that is prepared from now on in this process, until `stop`. */
export function recordStatements(): { readonly texts: ReadonlySet<string>; stop: () => void } {
  const texts = new Set<string>();
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function record(sql, ...rest) {
    texts.add(sql);
    return prepare.call(this, sql, ...rest);
  };
  return {
    texts,
    stop: () => {
      DatabaseSync.prototype.prepare = prepare;
    },
  };
}

/** Statements that stand in the source and match none of these texts, by their file. */
export function unseenStatements(texts: ReadonlySet<string>): string[] {
  const seen = [...texts];
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) =>
      statementsIn(readFileSync(join(source, name), 'utf8'))
        .filter((written) => !seen.some((text) => written.test(text)))
        .map((written) => `${name}: ${written.source}`),
    );
}

const call = /\bdatabase\s*\.(?:get|all|run|each)(?:<[^()]*>)?\(\s*(?:`([^`]*)`|'([^']*)')/g;

/** What is put into a template at run time stands for anything. */
function statementsIn(code: string): RegExp[] {
  return [...code.matchAll(call)].map(([, template, plain]) => {
    const parts = (template ?? plain ?? '').split(/\$\{[^}]*\}/);
    return new RegExp(`^${parts.map((part) => RegExp.escape(part)).join('[\\s\\S]*')}$`);
  });
}

/** How SQLite goes about a statement: each table that it reads, and by which columns of which index. */
export function accessesOf(database: DatabaseSync, sql: string): string[] {
  const rows = database.prepare(`explain query plan ${sql}`).all() as { detail: string }[];
  return rows.flatMap(({ detail }) => {
    const found = /^(SCAN|SEARCH) (\w+)(?: EXISTS)?(?: USING (.+?))?(?: LEFT-JOIN)?$/.exec(detail);
    // Anything else is a list of the statement's own: a parameter, or what another part of it has read.
    if (!found) return [];
    const [, how, table, using = ''] = found;
    const by = using.replace(/^(?:COVERING )?INDEX /, '');
    return [how === 'SCAN' ? `all of ${by || table}` : by];
  });
}

/**
 * Two accounts with a long past in fifty batches that are over, and statistics of it all: what SQLite
 * would choose by, should anybody ever `analyze` a ledger.
 */
export function fillWithHistory(
  database: DatabaseSync,
  accounts: readonly [string, string],
  images: number,
): void {
  const [one, other] = accounts;
  const account = `iif(i % 2, '${one}', '${other}')`;
  const numbers = `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${images})`;
  database.exec(`
    ${numbers}
    insert into submission (id, op, account, fp, batch, run, key, attempt, state, price, unit, basis,
      reserved, spent, request, model, job, job_id, claimed_at, send_by, deadline_at, submitted_at,
      ended_at, next_poll_at, give_up_at, worker)
    select 'old-' || i, 'generate', ${account}, 'old-' || i, 'past-' || (i % 50), 1, 'one/' || i, 1,
      'succeeded', 1000, 'credits', 'exact', 0, 1000, '{}', 'quick', '{}', 'job-' || i, i * 100,
      i * 100 + 5000, i * 100 + 65000, i * 100, i * 100, i * 100, i * 100, 'test' from n;
    insert into output (submission, idx, state, remote, next_try_at, sha256, bytes, mime, saved_at)
    select id, 0, 'saved', 'null', 0, id, 1, 'image/png', claimed_at from submission
      where id like 'old-%';
    drop trigger shot_added;
    ${numbers}
    insert into shot (batch, key, step, name, folded, ordinal, take, account, fp, request, model, price,
      unit, basis, makes, written_model, variables, origin, run, submission, state, seq)
    select 'past-' || (i % 50), 'one/' || i, 'one', i, i, i, 1, ${account}, 'old-' || i, '{}', 'quick',
      1000, 'credits', 'exact', 'image', 'acme:quick', '{}', '', 1, 'old-' || i, 'done', i from n;
    create trigger shot_added after insert on shot begin
      update shot set seq = (select max(seq) + 1 from shot where batch = new.batch) where id = new.id;
    end;
    analyze;
  `);
}
