import type { PlannedShot } from '../../../batch/shot.ts';
import type { ShotState } from '../../port.ts';
import { completeShot, planShotAgain } from '../shot-state.ts';
import type { Database } from '../database.ts';

interface KnownShot {
  id: number;
  account: string;
  fp: string;
  state: ShotState;
  run: number;
}

export function putShots(
  database: Database,
  batch: string,
  run: number,
  shots: readonly PlannedShot[],
): void {
  for (const shot of shots) {
    const known = database.get<KnownShot>(
      'select id, account, fp, state, run from shot where batch = ? and key = ?',
      batch,
      shot.key,
    );
    const id = known?.id ?? insertShot(database, batch, run, shot);
    if (known) updateShot(database, known, run, shot);
    if (!known || opensAgain(known, run, shot) || known.state === 'open')
      takePaidOutput(database, id, shot.account, shot.fingerprint);
  }
}

/** A shot that ended without a file opens again only in a new run, which a person started. */
function opensAgain(known: KnownShot, run: number, shot: PlannedShot): boolean {
  if (known.fp !== shot.fingerprint || known.account !== shot.account) return true;
  if (known.state === 'retired') return true;
  const ended = known.state === 'failed' || known.state === 'skipped' || known.state === 'blocked';
  return ended && run > known.run;
}

function insertShot(database: Database, batch: string, run: number, shot: PlannedShot): number {
  const row = database.get<{ id: number }>(
    `insert into shot (batch, key, step, name, folded, ordinal, take, account, fp, request, model,
       training_fp, price, unit, basis, makes, written_model, variables, origin, run, state)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open') returning id`,
    batch,
    shot.key,
    shot.step,
    ...planColumns(shot),
    run,
  );
  if (!row) throw new Error(`shot ${shot.key} was not written`);
  return row.id;
}

function updateShot(database: Database, known: KnownShot, run: number, shot: PlannedShot): void {
  database.run(
    `update shot set name = ?, folded = ?, ordinal = ?, take = ?, account = ?, fp = ?,
       request = ?, model = ?, training_fp = ?, price = ?, unit = ?, basis = ?, makes = ?,
       written_model = ?, variables = ?, origin = ?, run = ? where id = ?`,
    ...planColumns(shot),
    run,
    known.id,
  );
  if (!opensAgain(known, run, shot)) return;
  const changed = known.fp !== shot.fingerprint || known.account !== shot.account;
  planShotAgain(database, known.id, changed);
}

/** From `name` to `origin`, in the order of the statements above. */
function planColumns(shot: PlannedShot) {
  const { request, price } = shot;
  return [
    shot.name,
    shot.folded,
    shot.ordinal,
    shot.take,
    shot.account,
    shot.fingerprint,
    JSON.stringify(request),
    request.model,
    request.choice.kind === 'training' ? request.choice.set.fingerprint : null,
    price.amount,
    price.unit,
    price.basis,
    shot.makes,
    shot.writtenModel,
    JSON.stringify(shot.variables),
    shot.origin,
  ] as const;
}

function takePaidOutput(database: Database, id: number, account: string, fp: string): void {
  const paid = acceptedSubmission(database, account, fp);
  if (paid !== undefined) completeShot(database, id, paid);
}

/** The succeeded generation of this fingerprint with every file saved. */
export function acceptedSubmission(
  database: Database,
  account: string,
  fingerprint: string,
): string | undefined {
  return database.get<{ id: string }>(
    `select id from submission m where account = ? and fp = ? and state = 'succeeded'
       and standby = 0 and op = 'generate' and not exists (
         select 1 from output where submission = m.id and state <> 'saved')`,
    account,
    fingerprint,
  )?.id;
}
