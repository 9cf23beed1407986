import type { Json } from '../../../json.ts';
import type { KnownThing } from '../../port.ts';
import { advance, release } from '../submission-state.ts';
import type { Database } from '../database.ts';
import { states } from '../states.ts';

/**
 * Keyed by each id that the vendor may list. Paths and names come from the shots that still exist
 * in some batch, in one pass over them.
 */
export function knownThings(database: Database, account: string): ReadonlyMap<string, KnownThing> {
  const known = new Map<string, KnownThing>();
  const names = namesOf(database, account);
  const trainings = trainingsOf(database, account);
  for (const { sha256, remote } of database.all<{ sha256: string; remote: string }>(
    `select sha256, remote from upload where account = ? and state = 'stored'`,
    account,
  ))
    for (const id of textsIn(JSON.parse(remote) as Json))
      known.set(id, { kind: 'reference', name: names.get(sha256) ?? null, hash: sha256 });
  for (const { fp, sha256, id } of database.all<{ fp: string; sha256: string; id: string }>(
    `select fp, sha256, remote_id as id from model_image
     where account = ? and remote_id is not null`,
    account,
  ))
    known.set(id, {
      kind: 'image',
      name: trainings.get(fp)?.paths.get(sha256) ?? null,
      hash: sha256,
    });
  for (const { fp, id } of database.all<{ fp: string; id: string }>(
    'select fp, remote_id as id from model where account = ? and remote_id is not null',
    account,
  ))
    known.set(id, { kind: 'model', name: trainings.get(fp)?.name ?? null, hash: fp });
  return known;
}

/**
 * Names of the uploads of an account, by sha-256. A file that shots of any account read has its
 * path, since one account may host files of another. An output has the key of its shot.
 */
function namesOf(database: Database, account: string): ReadonlyMap<string, string> {
  const rows = database.all<{ sha256: string; name: string }>(
    `with held as (select sha256 from upload where account = ?)
     select sha256, min(key) as name from shot_file where sha256 in held group by sha256
     union all
     select r.value ->> 'sha256' as sha256, min(r.value ->> 'path') as name
     from shot, json_each(request, '$.references') r
     where r.value ->> 'kind' = 'file' and r.value ->> 'sha256' in held group by 1`,
    account,
  );
  return new Map(rows.map(({ sha256, name }) => [sha256, name]));
}

interface KnownTraining {
  readonly name: string;
  readonly paths: ReadonlyMap<string, string>;
}

function trainingsOf(database: Database, account: string): ReadonlyMap<string, KnownTraining> {
  const rows = database.all<{ fp: string; name: string; images: string }>(
    `select training_fp as fp, max(request ->> '$.choice.set.name') as name,
       request -> '$.choice.set.images' as images
     from shot where account = ? and training_fp is not null group by training_fp`,
    account,
  );
  return new Map(
    rows.map(({ fp, name, images }) => {
      const read = JSON.parse(images) as { sha256: string; path: string }[];
      return [fp, { name, paths: new Map(read.map(({ sha256, path }) => [sha256, path])) }];
    }),
  );
}

/** The reference of an upload is JSON of the vendor: its id may be anywhere in it. */
function textsIn(value: Json): string[] {
  if (typeof value === 'string') return [value];
  if (value === null || typeof value !== 'object') return [];
  return Object.values(value).flatMap(textsIn);
}

export function forgetUploads(database: Database, account: string, ids: readonly string[]): void {
  const gone = JSON.stringify(ids);
  database.run(
    `delete from upload where account = ?1 and exists (
       select 1 from json_tree(remote) where atom in (select value from json_each(?2)))`,
    account,
    gone,
  );
  // An untrained model lacks the image again; a model that may be in training no longer needs it.
  database.run(
    `update model set phase = 'uploading' where account = ?1 and phase = 'armed' and fp in (
       select fp from model_image
       where account = ?1 and remote_id in (select value from json_each(?2)))
       and not exists (select 1 from submission m where m.account = ?1 and m.fp = model.fp
         and m.op = 'train' and m.state in ${states.live})`,
    account,
    gone,
  );
  database.run(
    `delete from model_image
     where account = ? and remote_id in (select value from json_each(?))`,
    account,
    gone,
  );
  // The output cannot be read at the vendor any more; its file is on disk.
  database.run(
    `update output set remote = 'null', url = null where state = 'saved'
       and remote in (select json_quote(value) from json_each(?2))
       and submission in (select id from submission where account = ?1)`,
    account,
    gone,
  );
}

const why = 'the trained model was deleted at the vendor';

/** The payment stays, also for a training under way; the next one that is needed is paid again. */
export function forgetModel(database: Database, account: string, id: string, now: number): void {
  const model = database.get<{ fp: string }>(
    'select fp from model where account = ? and remote_id = ?',
    account,
    id,
  );
  database.run(
    `delete from upload where account = ? and purpose in (?, ?)`,
    account,
    `existing:${id}`,
    `training:${model?.fp ?? ''}`,
  );
  if (!model) return;
  database.run('delete from model_image where account = ? and fp = ?', account, model.fp);
  database.run('delete from model where account = ? and fp = ?', account, model.fp);
  for (const { submission } of database.all<{ submission: string }>(
    `select id as submission from submission where account = ? and fp = ? and op = 'train'`,
    account,
    model.fp,
  )) {
    if (advance(database, 'loseOutput', submission, why, now)) continue;
    const live = advance(database, 'forget', submission, why, now);
    if (live) release(database, live, live.reserved);
  }
}
