import { messageOf, UserError } from '../errors.ts';
import {
  SendDeadlineError,
  HttpError,
  NetworkError,
  NotOkError,
  PaceError,
  ResponseShapeError,
  TimeoutError,
} from '../http/errors.ts';
import { retryAfterMs } from '../http/retry-after.ts';
import { serverTimeMs } from '../http/server-clock.ts';
import { plainLine } from '../plain-text.ts';
import type { Verdict } from './port.ts';

/** What a vendor's own error body says. */
export interface VendorProblem {
  /** For a person, in the vendor's words. */
  readonly text: string;
  /** Where the status does not say it: the account cannot pay, or its key is refused. */
  readonly account?: 'noFunds' | 'badKey' | 'forbidden' | 'limited';
  /** Where the body says it, as well as a header or instead. */
  readonly retryAfterMs?: number;
}

export interface VendorErrors {
  readonly title: string;
  /**
   * The words for a person; undefined where there are none.
   * @param nowMs the vendor's time, against which times in the body are read
   */
  readonly read: (
    body: Readonly<Record<string, unknown>>,
    nowMs: number,
  ) => VendorProblem | undefined;
  /**
   * Whether the vendor itself wrote the body, and not a gateway, a proxy or a framework on the way. Strict:
   * one such answer ends a job, or drops an upload.
   */
  readonly isOwn: (body: Readonly<Record<string, unknown>>) => boolean;
}

const fine = { kind: 'fine' } as const;
const unreachable = { kind: 'unreachable', retryAfterMs: 0 } as const;
/** At the beginning of what is said, after words that lead to it: further on it may be somebody's prompt. */
const noFunds =
  /^\W*((error|sorry|you|your|the|this|user|account|organi[sz]ation|wallet|balance|has|have|is|are|do|does)\W+)*(insufficient[\s_]+(credits?|balance|funds|tokens)|not[\s_]+(have[\s_]+)?enough[\s_]+(credits?|tokens|balance|funds)|out[\s_]+of[\s_]+(credits?|tokens|funds))/i;

/** Whether one of the vendor's own words for an error says that the account cannot pay. */
export function saysNoFunds(...words: readonly unknown[]): boolean {
  return words.some((word) => typeof word === 'string' && noFunds.test(word));
}

/**
 * What an error of one call says about the request and the account, by the rules of docs/ledger.md. Its
 * `retryAfterMs` is what is asked for, 0 for nothing: how long is really waited is decided by `Backoff`.
 */
export function classifier(errors: VendorErrors): (error: unknown) => Verdict {
  return (error) => {
    if (error instanceof HttpError) return classifyStatus(errors, error);
    if (error instanceof NotOkError) return classifyNotOk(errors, error);
    if (error instanceof SendDeadlineError)
      return { request: 'notSent', account: fine, message: error.message };
    if (error instanceof PaceError)
      return {
        request: 'notSent',
        account: { kind: 'limited', retryAfterMs: error.waitMs },
        message: error.message,
      };
    if (error instanceof NetworkError || error instanceof TimeoutError)
      return {
        request: error.sent ? 'ambiguous' : 'notSent',
        account: error.sent ? fine : unreachable,
        message: error.message,
      };
    if (error instanceof ResponseShapeError)
      return { request: 'ambiguous', account: fine, message: `${errors.title}: ${error.message}` };
    if (error instanceof UserError)
      return { request: 'refused', account: fine, message: error.message };
    const message = messageOf(error);
    return { request: 'ambiguous', account: fine, message };
  };
}

/** Whether the vendor itself, not a gateway, says that it does not know what was asked for. */
export function isUnknownId(error: unknown, errors: VendorErrors): error is HttpError {
  return isOwnWord(error, errors, [404]);
}

/** Whether the vendor itself answered with one of these statuses. */
export function isOwnWord(
  error: unknown,
  errors: VendorErrors,
  statuses: readonly number[],
): error is HttpError {
  if (!(error instanceof HttpError) || !statuses.includes(error.status)) return false;
  return error.fields !== undefined && errors.isOwn(error.fields);
}

function classifyStatus(errors: VendorErrors, error: HttpError): Verdict {
  const { status } = error;
  const problem = problemIn(errors, error);
  const message = `${errors.title} answered ${status}: ${textOf(problem, error.body)}`;
  if (status < 400 || status === 408 || status >= 500)
    return {
      request: 'ambiguous',
      account: [502, 503, 504].includes(status)
        ? { kind: 'unreachable', retryAfterMs: askedMs(error, problem) }
        : fine,
      message,
    };
  return { request: 'refused', account: accountOf(error, problem), message };
}

function accountOf(error: HttpError, problem: VendorProblem | undefined): Verdict['account'] {
  const { status } = error;
  const byStatus = { 401: 'badKey', 402: 'noFunds', 403: 'forbidden', 429: 'limited' } as const;
  const known = byStatus[status as keyof typeof byStatus];
  const kind = problem?.account ?? known;
  if (kind === undefined) return fine;
  return kind === 'limited' ? { kind, retryAfterMs: askedMs(error, problem) } : { kind };
}

function askedMs(error: HttpError, problem: VendorProblem | undefined): number {
  const header = retryAfterMs(error.header('retry-after'), timeOfAnswer(error));
  return Math.max(header ?? 0, problem?.retryAfterMs ?? 0);
}

function timeOfAnswer(error: HttpError): number {
  const headers = { date: error.header('date'), age: error.header('age') };
  return serverTimeMs(error.origin, headers, Date.now());
}

/** Not documented anywhere: want of credits is surely a refusal, of anything else the job list has to tell. */
function classifyNotOk(errors: VendorErrors, error: NotOkError): Verdict {
  const problem = problemIn(errors, error);
  const message = `${errors.title} refused with a success status: ${textOf(problem, error.body)}`;
  if (problem?.account === 'noFunds')
    return { request: 'refused', account: { kind: 'noFunds' }, message };
  if (problem?.account !== 'limited') return { request: 'ambiguous', account: fine, message };
  const account = { kind: 'limited', retryAfterMs: problem.retryAfterMs ?? 0 } as const;
  return { request: 'ambiguous', account, message };
}

function problemIn(errors: VendorErrors, error: HttpError | NotOkError) {
  const { fields } = error;
  const nowMs = error instanceof HttpError ? timeOfAnswer(error) : Date.now();
  return fields && errors.read(fields, nowMs);
}

/** One line for a person out of whatever the body is. */
function textOf(problem: VendorProblem | undefined, body: string): string {
  if (problem && problem.text !== '') return plainLine(problem.text, 300);
  const text = body.trim();
  if (text === '') return 'no explanation';
  if (/error code: 1010/i.test(text)) return 'blocked by Cloudflare (error code: 1010)';
  if (!text.startsWith('<')) return plainLine(text, 300);
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(text)?.[1];
  return title ? `a web page, "${plainLine(title, 100)}"` : 'a web page';
}

/** Texts out of an error body, joined; what is no text or said twice is left out. */
export function saidIn(...parts: readonly unknown[]): string {
  const said = parts
    .filter((part): part is string => typeof part === 'string' && part.trim() !== '')
    .map((part) => plainLine(part));
  return [...new Set(said)].join('; ');
}
