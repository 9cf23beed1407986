import { z } from 'zod';
import { UserError } from '../errors.ts';
import { NotOkError } from '../http/errors.ts';
import type { MultipartBody } from '../http/multipart.ts';
import { send, sendJson, type HttpAnswer } from '../http/request.ts';
import type { Connection, SendFence } from './port.ts';

const unpaidTimeoutMs = 30_000;
const uploadTimeoutMs = 120_000;

interface Call<Result> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Behind the base URL, with its query. */
  readonly path: string;
  readonly json?: unknown;
  readonly form?: MultipartBody;
  /** Given for every paid call. */
  readonly fence?: SendFence;
  /** The whole answer's schema; read loosely. */
  readonly answer: z.ZodType<Result>;
}

export type Api = <Result>(call: Call<Result>) => Promise<Result>;

export interface ApiOptions {
  readonly baseUrl: string;
  /** With the key in them. */
  readonly headers: Readonly<Record<string, string>>;
  /** The connection's. */
  readonly pace: Connection['pace'];
  /** Whether an answer with a success status is a refusal all the same. */
  readonly refuses?: (body: unknown) => boolean;
}

/** A vendor's JSON calls: one request each, with the key. */
export function createApi({ baseUrl, headers, pace, refuses }: ApiOptions): Api {
  return async ({ method, path, json, form, fence, answer }) => {
    const request = {
      method,
      url: safeUrl(baseUrl, path),
      headers,
      timeoutMs: fence?.timeoutMs ?? (form ? uploadTimeoutMs : unpaidTimeoutMs),
      ...(fence && { fence }),
    };
    if (!fence) await pace?.();
    const received =
      json === undefined
        ? await send({ ...request, ...(form && { body: form }) })
        : await sendJson({ ...request, body: json });
    return read(received, answer, refuses);
  };
}

/**
 * Ids come from vendors and from people; whatever is in one, the request stays under the path it was meant for.
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
  // Empty where a deletion is answered with nothing.
  const body = received.json();
  if (refuses?.(body)) {
    const fields = { ...(body as Readonly<Record<string, unknown>>) };
    throw new NotOkError(received.request, { body: received.excerpt(), fields });
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw received.unreadable(z.prettifyError(parsed.error).replaceAll('\n', ' ').slice(0, 500));
}
