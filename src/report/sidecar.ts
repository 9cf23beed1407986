import type { JsonObject } from '../json.ts';
import type { OutputRow, ShotRow, SubmissionRow } from '../ledger/port.ts';
import { type Amount, type Unit, decimalFromAmount } from '../money.ts';

/** Times in reports: ISO 8601 in UTC, or null. */
export const isoTime = (epochMs: number | null): string | null =>
  epochMs === null ? null : new Date(epochMs).toISOString();

export const decimalOrNull = (amount: Amount | null, unit: Unit): string | null =>
  amount === null ? null : decimalFromAmount(amount, unit);

/**
 * All known facts about one file: enough to repeat the request, find the file at the vendor and
 * state its cost. Stable: the same facts give the same sidecar, so only new facts rewrite it.
 */
export function sidecarOf(
  batch: string,
  shot: ShotRow,
  output: OutputRow,
  submission: SubmissionRow | undefined,
): JsonObject {
  const price = submission?.price ?? shot.price;
  const { account, model, choice, prompt, references, options, ...fields } = shot.request;
  return {
    batch,
    key: shot.key,
    step: shot.step,
    take: shot.take,
    output: output.index,
    files: {
      ordered: shot.request.outputs ?? 1,
      delivered: shot.outputs.length,
    },
    sha256: output.sha256,
    bytes: output.bytes,
    mime: output.mime,
    width: output.width,
    height: output.height,
    ...(output.damaged !== null && { damaged: output.damaged }),
    account,
    model,
    prompt: prompt ?? null,
    request: toJson({ choice, ...fields, options, references }),
    fingerprint: shot.fingerprint,
    submission: shot.submission,
    attempt: submission?.attempt ?? null,
    jobId: submission?.jobId ?? null,
    remote: output.remote,
    job: submission?.job ?? null,
    price: {
      amount: decimalOrNull(submission?.billed ?? price.amount, price.unit),
      unit: price.unit,
      basis: submission?.billed == null ? price.basis : 'exact',
    },
    cached: shot.cached,
    times: {
      claimed: isoTime(submission?.claimedAt ?? null),
      submitted: isoTime(submission?.submittedAt ?? null),
      ended: isoTime(submission?.endedAt ?? null),
      saved: isoTime(output.savedAt),
    },
  };
}

/** Requests are plain JSON, except that absent fields may be undefined. */
function toJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
