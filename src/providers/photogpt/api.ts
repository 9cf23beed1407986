import { z } from 'zod';
import { ResponseShapeError } from '../../http/errors.ts';
import { send, sendJson, type HttpAnswer } from '../../http/request.ts';
import type { MultipartBody } from '../../http/multipart.ts';
import type { Connection, SendFence } from '../port.ts';

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

/** An answer of the vendor that says NOK although its status is a success. */
export class NotOkError extends Error {
  override readonly name = 'NotOkError';
  readonly request: string;
  readonly body: string;

  constructor(request: string, body: string) {
    super(`answered NOK: ${request}`);
    this.request = request;
    this.body = body;
  }
}

/** One request per call, with the key and the API version. */
export function createApi({ baseUrl, apiKey }: Connection): Api {
  const headers = { authorization: `Bearer ${apiKey}`, 'api-version': '1' };
  return async ({ method, path, json, form, fence, answer }) => {
    const request = {
      method,
      url: `${baseUrl.replace(/\/+$/, '')}${path}`,
      headers,
      timeoutMs: fence?.timeoutMs ?? (form ? uploadTimeoutMs : unpaidTimeoutMs),
      ...(fence && { fence }),
    };
    const received =
      json === undefined
        ? await send({ ...request, ...(form && { body: form }) })
        : await sendJson({ ...request, body: json });
    return read(received, answer);
  };
}

const refusal = z.looseObject({ status: z.string() });

function read<Result>(received: HttpAnswer, schema: z.ZodType<Result>): Result {
  // A deletion may be answered with nothing.
  const body = received.text === '' ? null : received.json();
  const said = refusal.safeParse(body);
  if (said.success && said.data.status.toUpperCase() === 'NOK')
    throw new NotOkError(received.request, received.text.slice(0, 4_000));
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new ResponseShapeError(received.request, {
    detail: z.prettifyError(parsed.error).replaceAll('\n', ' ').slice(0, 500),
    body: received.text.slice(0, 4_000),
  });
}
