import type { ShotRequest } from '../../../batch/request.ts';
import type { ClaimAnswer, ClaimLedger, ClaimOptions } from '../../port.ts';
import { lockAccount } from './allowances.ts';
import { insertSubmission, sendWithinMs } from './insert-submission.ts';
import { type Claimant, openGate, stopped } from './claim-gate.ts';
import type { Database } from '../database.ts';
import { gapOfRequest, gapsOfTrainings } from '../gaps.ts';
import { requireOwnKey } from '../keys.ts';
import { placeHolder } from './claim.ts';
import { refundDelayMs } from '../../rules/refunds.ts';

/** The model name of trainings in blocks and polls. */
const trainingModel = 'training';

/** A training set is paid once per account; a second claim is attached to the first. */
export function claimTraining(
  database: Database,
  training: Parameters<ClaimLedger['claimTraining']>[0],
  options: ClaimOptions,
  now: number,
): ClaimAnswer {
  const account = lockAccount(database, training.account);
  requireOwnKey(database, account.id, options.keyHash);
  const nothing = { granted: [], attached: 0, open: 1, bound: 0 } as const;
  const claimant: Claimant = {
    batch: training.batch,
    run: training.run,
    account,
    options,
    now,
  };
  const gate = openGate(database, claimant);
  if (gate.superseded) return { ...nothing, next: stopped({ kind: 'superseded' }) };
  if (placeHolder(database, training.account, training.fingerprint) !== undefined)
    return { ...nothing, attached: 1, open: 0, bound: 1, next: { kind: 'go' } };
  const closed = gate.closed();
  if (closed) return { ...nothing, next: closed };
  const attempt = triesOf(database, training.account, training.fingerprint) + 1;
  const content = {
    operation: 'train',
    fingerprint: training.fingerprint,
    key: training.key,
    attempt,
    request: null,
    model: trainingModel,
    price: training.price,
  } as const;
  const about = { account: training.account, fp: training.fingerprint };
  const gap = gapOfRequest(database, about, gapsOfTrainings(database));
  if (gap) {
    insertSubmission(database, claimant, { ...content, gap });
    return { ...nothing, attached: 1, open: 0, bound: 1, next: { kind: 'go' } };
  }
  const entry = gate.admit(trainingModel, training.price);
  if (entry.kind === 'full') return { ...nothing, next: entry.next };
  if (entry.kind === 'later') return { ...nothing, next: { kind: 'wait', ms: entry.ms } };
  if (entry.kind === 'owed') return { ...nothing, next: { kind: 'wait', ms: refundDelayMs(0) } };
  if (entry.kind === 'refused') return { ...nothing, next: entry.next };

  const submission = insertSubmission(database, claimant, content);
  const grant = {
    submission,
    attempt,
    key: training.key,
    request: requestOf(training.account),
    sendWithinMs,
  };
  return { ...nothing, granted: [grant], open: 0, bound: 1, next: { kind: 'go' } };
}

function triesOf(database: Database, account: string, fingerprint: string): number {
  const row = database.get<{ count: number }>(
    `select count(*) as count from submission
     where account = ? and fp = ? and state <> 'rejected'`,
    account,
    fingerprint,
  );
  return row?.count ?? 0;
}

/** A training has no request of its own: the data to send comes from its model row. */
function requestOf(account: string): ShotRequest {
  return {
    account,
    model: trainingModel,
    choice: { kind: 'public', id: trainingModel },
    options: {},
    references: [],
  };
}
