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

/** The content of a vendor's own error body. */
export interface VendorProblem {
  /** For people, in the vendor's words. */
  readonly text: string;
  /** The account's problem, if the body says it and the status does not. */
  readonly account?: 'noFunds' | 'badKey' | 'forbidden' | 'limited';
  /** The wait in the body, with or without a header. */
  readonly retryAfterMs?: number;
}

export interface VendorErrors {
  readonly title: string;
  /**
   * The problem that the body describes; undefined: none.
   * @param nowMs the vendor's time, the base for times in the body
   */
  readonly read: (
    body: Readonly<Record<string, unknown>>,
    nowMs: number,
  ) => VendorProblem | undefined;
  /**
   * Whether the vendor itself wrote the body, and not a gateway, proxy or framework in between. Strict,
   * because one such answer ends a job or drops an upload.
   */
  readonly isOwn: (body: Readonly<Record<string, unknown>>) => boolean;
}

const fine = { kind: 'fine' } as const;
const unreachable = { kind: 'unreachable', retryAfterMs: 0 } as const;
/** Matches only at the start of a text, after introductory words: later text may be a quoted prompt. */
const noFunds =
  /^\W*((error|sorry|you|your|the|this|user|account|organi[sz]ation|wallet|balance|has|have|is|are|do|does)\W+)*(insufficient[\s_]+(credits?|balance|funds|tokens)|not[\s_]+(have[\s_]+)?enough[\s_]+(credits?|tokens|balance|funds)|out[\s_]+of[\s_]+(credits?|tokens|funds))/i;

/** Whether one of the vendor's error texts says that the account cannot pay. */
export function saysNoFunds(...words: readonly unknown[]): boolean {
  return words.some((word) => typeof word === 'string' && noFunds.test(word));
}

/**
 * Classifies the error of one call: its meaning for the request and the account, by the rules of
 * docs/ledger.md. `retryAfterMs` is the requested wait, 0 for none. `Backoff` decides the actual wait.
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
        account: { kind: error.failure, retryAfterMs: error.waitMs },
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

/** Whether the vendor itself, not a gateway, answers that the id is unknown. */
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

/** Undocumented answers. Missing credits are certainly a refusal; the job list decides all other cases. */
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

/** One line for people from any body. */
function textOf(problem: VendorProblem | undefined, body: string): string {
  if (problem && problem.text !== '') return plainLine(problem.text, 300);
  const text = body.trim();
  if (text === '') return 'no explanation';
  if (/error code: 1010/i.test(text)) return 'blocked by Cloudflare (error code: 1010)';
  if (!text.startsWith('<')) return plainLine(text, 300);
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(text)?.[1];
  return title ? `a web page, "${plainLine(title, 100)}"` : 'a web page';
}

/** Joins texts from an error body, without duplicates and values that are not text. */
export function saidIn(...parts: readonly unknown[]): string {
  const said = parts
    .filter((part): part is string => typeof part === 'string' && part.trim() !== '')
    .map((part) => plainLine(part));
  return [...new Set(said)].join('; ');
}
