import type { ModelChoice, ShotRequest } from '../../../batch/request.ts';
import type { Json, JsonObject } from '../../../json.ts';
import type { FilePlace, Lane, PlanLedger } from '../../port.ts';
import { laneName } from '../../rules/lane-name.ts';
import { uploadPurpose } from '../../rules/upload-purpose.ts';
import type { Context } from '../context.ts';
import type { Database } from '../database.ts';
import { acceptedSubmission, putShots } from './put-shots.ts';
import { blockShots, retireOthers } from '../shot-state.ts';
import { sources } from './sources.ts';
import { states } from '../states.ts';

const plansKeptMs = 30 * 24 * 60 * 60_000;

export function createPlanLedger({ database, commits, now }: Context): PlanLedger {
  const write = <Result>(work: () => Result) => commits.write(work);
  return {
    savePlan: (plan, content) =>
      commits.write(() => {
        database.run('delete from saved_plan where at <= ?', now() - plansKeptMs);
        database.run(
          'insert or replace into saved_plan (id, content, at) values (?, ?, ?)',
          plan,
          JSON.stringify(content),
          now(),
        );
      }),
    savedPlan: async (plan) => {
      const row = database.get<{ content: string }>(
        'select content from saved_plan where id = ? and at > ?',
        plan,
        now() - plansKeptMs,
      );
      return row && (JSON.parse(row.content) as JsonObject);
    },
    putShots: (batch, run, shots) =>
      write(() => {
        if (isCurrent(database, batch, run)) putShots(database, batch, run, shots);
      }),
    retireOthers: (batch, run, step) =>
      write(() => {
        if (isCurrent(database, batch, run)) retireOthers(database, batch, run, step);
      }),
    makeLanes: (batch, run, step, pass) =>
      write(() =>
        isCurrent(database, batch, run) ? makeLanes(database, batch, run, step, pass) : [],
      ),
    sources: (batch, steps, pick) => sources(database, batch, steps, pick),
    neededTrainings: async (batch, run, step) => neededTrainings(database, batch, run, step),
    neededModels: async (batch, run, step) => neededModels(database, batch, run, step),
    neededUploads: async (batch, run, step, placeOf) =>
      neededUploads(database, { batch, run, step }, placeOf, now()),
    block: (batch, run, where, why) =>
      write(() => blockShots(database, { batch, run, why }, where)),
    lookup: async (account, fingerprints) => lookup(database, account, fingerprints),
    accountsOf: async (batch, which) => accountsOf(database, batch, which),
  };
}

/** Whether the batch is in this run: a planning pass may wake when a later run has begun. */
function isCurrent(database: Database, batch: string, run: number): boolean {
  return database.get('select 1 from batch where name = ? and run = ?', batch, run) !== undefined;
}

function makeLanes(
  database: Database,
  batch: string,
  run: number,
  step: string,
  pass: number,
): readonly Lane[] {
  database.run(
    'update shot set lane = null, pos = null where batch = ? and step = ? and lane is not null',
    batch,
    step,
  );
  const accounts = database.all<{ account: string; shots: number }>(
    `select account, count(*) as shots from shot
     where batch = ? and step = ? and run = ? and state in ${states.unfinishedShots}
     group by account order by account`,
    batch,
    step,
    run,
  );
  return accounts.map(({ account, shots }) => {
    const lane = laneName(step, account, pass);
    database.run(
      `update shot set lane = ?, pos = dense.pos from (
         select id, row_number() over (order by ordinal, key) - 1 as pos from shot
         where batch = ? and step = ? and run = ? and account = ? and state in ${states.unfinishedShots}
       ) as dense where shot.id = dense.id`,
      lane,
      batch,
      step,
      run,
      account,
    );
    return { lane, account, step, shots };
  });
}

function neededTrainings(database: Database, batch: string, run: number, step: string) {
  const rows = database.all<{ account: string; request: string }>(
    `select account, min(request) as request from shot s
     where batch = ? and run = ? and step = ? and state = 'open' and training_fp is not null
       and not exists (select 1 from model
         where model.account = s.account and fp = s.training_fp and phase = 'ready'
           and seen_at >= (select started_at from run r where r.batch = s.batch and n = s.run))
     group by account, training_fp order by min(ordinal)`,
    batch,
    run,
    step,
  );
  return rows.map(({ account, request }) => ({
    account,
    choice: (JSON.parse(request) as ShotRequest).choice as ModelChoice & { kind: 'training' },
  }));
}

function neededModels(database: Database, batch: string, run: number, step: string) {
  return database.all<{ account: string; id: string }>(
    `select account, request ->> '$.choice.id' as id from shot s
     where batch = ? and run = ? and step = ? and state = 'open'
       and request ->> '$.choice.kind' = 'existing'
       and not exists (select 1 from ready_model r
         where r.account = s.account and r.id = s.request ->> '$.choice.id'
           and seen_at >= (select started_at from run where run.batch = s.batch and n = s.run))
     group by 1, 2 order by min(ordinal)`,
    batch,
    run,
    step,
  );
}

type NeededUpload = Awaited<ReturnType<PlanLedger['neededUploads']>>[number];

function neededUploads(
  database: Database,
  where: { batch: string; run: number; step: string },
  placeOf: (request: ShotRequest) => FilePlace | undefined,
  now: number,
): readonly NeededUpload[] {
  const rows = database.each<{ account: string; request: string }>(
    `select account, request from shot
     where batch = ? and run = ? and step = ? and state = 'open'
       and json_array_length(request, '$.references') > 0 order by ordinal`,
    where.batch,
    where.run,
    where.step,
  );
  const startedAt =
    database.get<{ at: number }>(
      'select started_at as at from run where batch = ? and n = ?',
      where.batch,
      where.run,
    )?.at ?? 0;
  const needed = new Map<string, NeededUpload>();
  const stored = new Set<string>();
  for (const { account, request: text } of rows) {
    const request = JSON.parse(text) as ShotRequest;
    const { choice, references } = request;
    const place = references.length > 0 ? placeOf(request) : undefined;
    if (!place) continue;
    const purpose = uploadPurpose(choice);
    const trainedModelFingerprint = choice.kind === 'training' ? choice.set.fingerprint : null;
    for (const reference of references) {
      if (reference.kind === 'link') continue;
      const { sha256 } = reference;
      const id = JSON.stringify([place.key, sha256, purpose]);
      if (needed.has(id) || stored.has(id)) continue;
      const upload = storedUpload(database, place.key, sha256, purpose, now);
      if (upload && upload.seenAt >= startedAt) {
        stored.add(id);
        continue;
      }
      if (
        !upload &&
        reference.kind === 'output' &&
        isThere(database, reference.submission, account, place)
      )
        continue;
      const path = reference.kind === 'file' ? reference.path : sha256;
      const facts = { sha256, purpose, trainedModelFingerprint, path };
      const known = upload && { remote: JSON.parse(upload.remote) as Json };
      needed.set(id, { account, place: place.key, ...facts, ...known });
    }
  }
  return [...needed.values()];
}

/** Outputs need no upload at the account that made them. Links of a vendor serve all its accounts. */
function isThere(
  database: Database,
  submission: string,
  account: string,
  place: FilePlace,
): boolean {
  const by = place.as === 'link' ? 'provider' : 'id';
  const row = database.get(
    `select 1 from submission m join account maker on maker.id = m.account
       join account reader on reader.id = ? and reader.${by} = maker.${by}
     where m.id = ?`,
    account,
    submission,
  );
  return row !== undefined;
}

function storedUpload(
  database: Database,
  account: string,
  sha256: string,
  purpose: string,
  now: number,
): { remote: string; seenAt: number } | undefined {
  return database.get(
    `select remote, seen_at as seenAt from upload
     where account = ? and sha256 = ? and purpose = ? and state = 'stored'
       and (expires_at is null or expires_at > ?)`,
    account,
    sha256,
    purpose,
    now,
  );
}

const accountsQueries = {
  all: `select distinct account from shot where batch = ?1
    union select value from run, json_each(run.accounts) where batch = ?1`,
  run: `select distinct account from shot where batch = ?1 and state in ${states.unfinishedShots}
      and run = (select run from batch where name = ?1)
    union select value from run, json_each(run.accounts)
    where batch = ?1 and n = (select run from batch where name = ?1)`,
} as const;

function accountsOf(
  database: Database,
  batch: string,
  which: keyof typeof accountsQueries,
): string[] {
  return database
    .all<{ account: string }>(accountsQueries[which], batch)
    .map(({ account }) => account);
}

function lookup(database: Database, account: string, fingerprints: readonly string[]) {
  const found = new Map<string, 'cached' | 'inFlight' | 'failed' | 'lost'>();
  for (const fingerprint of fingerprints) {
    const row = database.get<{ exclusive: number; lost: number }>(
      `select max(state in ${states.exclusive})
         as exclusive,
         (select state = 'lost' from submission indexed by submission_fp
           where account = ?1 and fp = ?2 order by claimed_at desc limit 1) as lost
       from submission indexed by submission_fp
       where account = ?1 and fp = ?2 having count(*) > 0`,
      account,
      fingerprint,
    );
    if (!row) continue;
    const cached = acceptedSubmission(database, account, fingerprint) !== undefined;
    const last = row.lost === 1 ? 'lost' : 'failed';
    found.set(fingerprint, cached ? 'cached' : row.exclusive === 1 ? 'inFlight' : last);
  }
  return found;
}
