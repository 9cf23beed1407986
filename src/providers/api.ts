import { z } from 'zod';
import { UserError } from '../errors.ts';
import { Backoff, type Outcome } from '../http/backoff.ts';
import {
  SendDeadlineError,
  HttpError,
  NetworkError,
  NotOkError,
  PaceError,
  TimeoutError,
} from '../http/errors.ts';
import type { MultipartBody } from '../http/multipart.ts';
import { send, sendJson, type HttpAnswer } from '../http/request.ts';
import type { SendDeadline } from '../http/send-deadline.ts';
import type { Connection, Verdict } from './port.ts';

const unpaidTimeoutMs = 30_000;
const uploadTimeoutMs = 120_000;
/** With a single try, one failure would cost all pages before it, and a long list would never be read. */
const pageTriesMax = 4;

interface Call<Result> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path after the base URL, with the query string. */
  readonly path: string;
  readonly json?: unknown;
  readonly form?: MultipartBody;
  /** Present for every paid call. */
  readonly paid?: {
    readonly deadline: SendDeadline;
    /** What a refusal concerns besides the account: the model, or `training`. */
    readonly about: string;
  };
  /** The schema of the whole answer; it accepts unknown fields. */
  readonly answer: z.ZodType<Result>;
}

/** A page of a list, never a paid call. */
interface PageCall<Result> extends Pick<Call<Result>, 'path' | 'answer'> {
  readonly method: 'GET';
  /** Earlier pages were read: the call is made again after a failure that may pass. */
  readonly isLaterPage: boolean;
}

export type Api = <Result>(call: Call<Result> | PageCall<Result>) => Promise<Result>;

export interface ApiOptions extends Pick<Connection, 'baseUrl' | 'pace' | 'backoff'> {
  /** The key included. */
  readonly headers: Readonly<Record<string, string>>;
  readonly classify: (error: unknown) => Verdict;
  /** Whether an answer with a success status is a refusal. */
  readonly refuses?: (body: unknown) => boolean;
}

/** A vendor's JSON calls. Each is sent with the key, when the account's waits allow it. */
export function createApi(options: ApiOptions): Api {
  const { classify, backoff = new Backoff() } = options;
  const once = onceBy({ ...options, backoff });
  return async (call) => {
    const triesMax = 'isLaterPage' in call && call.isLaterPage ? pageTriesMax : 1;
    for (let tries = 1; ; tries += 1)
      try {
        return await once(call);
      } catch (error) {
        if (tries >= triesMax || !mayPass(error, classify(error))) throw error;
        await backoff.pause();
      }
  };
}

/** Each call is one request. */
function onceBy(
  options: ApiOptions & { readonly backoff: Backoff },
): <Result>(call: Call<Result>) => Promise<Result> {
  const { baseUrl, headers, pace, refuses, classify, backoff } = options;
  return async ({ method, path, json, form, paid, answer }) => {
    const request = {
      method,
      url: safeUrl(baseUrl, path),
      headers,
      timeoutMs: paid?.deadline.timeoutMs ?? (form ? uploadTimeoutMs : unpaidTimeoutMs),
      ...(paid && { deadline: paid.deadline }),
    };
    const turn = paid ? backoff.paid(paid.about) : await backoff.free(kindOf(method, path));
    try {
      if (!paid) await pace?.();
      const received =
        json === undefined
          ? await send({ ...request, ...(form && { body: form }) })
          : await sendJson({ ...request, body: json });
      const result = read(received, answer, refuses);
      await turn.end('answered');
      return result;
    } catch (error) {
      const waitMs = await turn.end(outcomeOf(error, classify(error)));
      if (waitMs !== undefined) backoff.remember(error, waitMs);
      throw error;
    }
  };
}

/** Whether the same free call may succeed a moment later. */
function mayPass(error: unknown, { request, account }: Verdict): boolean {
  if (error instanceof PaceError) return false;
  return request === 'ambiguous' || account.kind === 'limited' || account.kind === 'unreachable';
}

/** The kind of a call: method, first segment and depth of the path. Calls with other ids share a kind. */
function kindOf(method: string, path: string): string {
  const [, first = '', ...rest] = (path.split('?', 1)[0] ?? '').split('/');
  return `${method} ${first} ${rest.length}`;
}

function outcomeOf(error: unknown, { account, message }: Verdict): Outcome {
  const isUnsent = [SendDeadlineError, PaceError, UserError].some((kind) => error instanceof kind);
  if (isUnsent) return 'unsent';
  if (account.kind === 'limited' || account.kind === 'unreachable')
    return {
      failure: account.kind,
      askedMs: account.retryAfterMs,
      said: message,
      mayPass: account.kind === 'unreachable' && error instanceof HttpError,
    };
  const isSilent = error instanceof NetworkError || error instanceof TimeoutError;
  return isSilent ? 'silent' : 'answered';
}

/**
 * Rejects paths that could leave the intended path: ids come from vendors and from people.
 * @throws UserError
 */
function safeUrl(baseUrl: string, path: string): string {
  const text = `${baseUrl.replace(/\/+$/, '')}${path}`;
  const [segments = ''] = path.split('?', 1);
  if (/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(segments) || /[\s\\#]/.test(path))
    throw new UserError(`${JSON.stringify(path)} holds an id that cannot be part of a request`);
  return text;
}

function read<Result>(
  received: HttpAnswer,
  schema: z.ZodType<Result>,
  refuses: ApiOptions['refuses'],
): Result {
  // The answer to a deletion may be empty.
  const body = received.json();
  if (refuses?.(body)) {
    const fields = { ...(body as Readonly<Record<string, unknown>>) };
    throw new NotOkError(received.request, { body: received.excerpt(), fields });
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw received.unreadable(z.prettifyError(parsed.error).replaceAll('\n', ' ').slice(0, 500));
}
