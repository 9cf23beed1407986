import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { UserError } from '../../src/errors.ts';
import { answerBytesMax, send } from '../../src/http/request.ts';
import { redactor } from '../../src/http/label.ts';
import { createApi } from '../../src/providers/api.ts';
import { classifier } from '../../src/providers/classify.ts';
import { opaqueId } from '../../src/providers/fields.ts';
import { vendors } from '../../src/providers/registry.ts';
import { inert, plainLine } from '../../src/plain-text.ts';
import { failure, serve, serveTcp } from '../http/server.ts';

const key = 'key-that-is-secret-0123456789';
const headers = { authorization: `Bearer ${key}` };
const anything = z.looseObject({});
const classify = classifier({
  title: 'Acme',
  read: (body) => (typeof body['error'] === 'string' ? { text: body['error'] } : undefined),
  isOwn: (body) => 'error' in body,
});

async function answered(body: string | Buffer, status = 200): Promise<unknown> {
  const { url } = await serve((_, response) => response.writeHead(status).end(body));
  const api = createApi({ baseUrl: url, headers, classify });
  return await api({ method: 'GET', path: '/x', answer: anything });
}

describe('an answer', () => {
  it('above four megabytes is not read on', async () => {
    const text = JSON.stringify({ a: 'x'.repeat(answerBytesMax) });
    const error = await failure(answered(text));
    expect(error).toMatchObject({
      name: 'ResponseShapeError',
      detail: 'larger than 4194304 bytes',
    });
    expect(classify(error).request).toBe('ambiguous');
  });

  it.each(['[', '{"a":'])('nested without end is refused: %s', async (opening) => {
    const error = await failure(answered(opening.repeat(200_000)));
    expect(error).toMatchObject({ name: 'ResponseShapeError', detail: 'nested too deeply' });
  });

  it('reaches no prototype by its keys', async () => {
    const body = '{"__proto__":{"polluted":1},"a":1,"constructor":{"prototype":{"polluted":1}}}';
    const read = (await answered(body)) as Record<string, unknown>;
    expect(read['polluted']).toBeUndefined();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('with an error of ten megabytes becomes one short line without controls', async () => {
    const noise = '\u001b[2J\u001b]0;owned\u0007\0\r\n\u202etxet\u009b31m';
    for (const body of [
      JSON.stringify({ error: noise.repeat(20) + 'x'.repeat(10_000_000) }),
      noise.repeat(100_000),
      JSON.stringify({ error: noise }),
    ]) {
      const { message } = classify(await failure(answered(body, 400)));
      expect(message).toMatch(/^Acme answered 400: ./);
      expect(message.length).toBeLessThan(350);
      expect(message).not.toMatch(/\p{Cc}|[\u202a-\u202e]/u);
    }
  });

  it('with a flood of headers fails, and is not taken for a refusal', async () => {
    const { url } = await serveTcp((socket) =>
      socket.once('data', () =>
        socket.write(`HTTP/1.1 200 OK\r\n${'x-a: b\r\n'.repeat(10_000)}\r\n{}`),
      ),
    );
    const request = { method: 'GET', url, headers, timeoutMs: 2_000 } as const;
    expect(classify(await failure(send(request)))).toMatchObject({ request: 'ambiguous' });
  });

  it('that redirects is not followed, so the key stays', async () => {
    const elsewhere = await serve((_, response) => response.end('{}'));
    const { url } = await serve((_, response) =>
      response.writeHead(307, { location: elsewhere.url }).end(),
    );
    const error = await failure(send({ method: 'GET', url, headers, timeoutMs: 2_000 }));
    expect(error).toMatchObject({ name: 'HttpError', status: 307 });
    expect(elsewhere.received).toHaveLength(0);
  });

  it('that repeats the key, in whatever spelling, is cleaned', async () => {
    const spelled = [
      key,
      headers.authorization,
      encodeURIComponent(headers.authorization),
      Buffer.from(headers.authorization).toString('base64'),
      Buffer.from(key).toString('base64url'),
      Buffer.from(`a ${key} b`).toString('base64'),
      Buffer.from(`ab ${key}c`).toString('base64'),
      JSON.stringify({ headers }),
    ].join('\n');
    const inBase64 = [0, 1, 2].map((shift) =>
      Buffer.from(`${'-'.repeat(shift)}${key}`)
        .toString('base64')
        .slice(4, -4),
    );
    for (const status of [200, 401, 500]) {
      const { url } = await serve((_, response) =>
        response.writeHead(status, { 'x-echo': headers.authorization }).end(spelled),
      );
      const result = await send({ method: 'GET', url, headers, timeoutMs: 2_000 }).catch(
        (error: unknown) => error as Error,
      );
      const text = `${JSON.stringify(result)} ${String(result)}`;
      for (const form of [key, ...inBase64]) expect(text).not.toContain(form);
    }
    expect(redactor({ 'x-api-key': 'a b/c"d-long' })('a%20b%2Fc%22d-long')).toBe('[key]');
  });
});

describe('an id', () => {
  it.each(['.', '..', '', 'a\nb', 'a\0b', '\u001b[31m', 'x'.repeat(501), '\ud800'])(
    'is none: %j',
    (id) => expect(opaqueId.safeParse(id).success).toBe(false),
  );

  it.each(['../../admin', 'a?b=c', 'a#b', 'a/b', '%2e%2e', 'ij_1', '..%2f', 'é'])(
    'stays within its place in a path: %s',
    async (id) => {
      expect(opaqueId.parse(id)).toBe(id);
      for (const { id: vendorId, connect, settings } of vendors) {
        const { url, received } = await serve((_, response) => response.writeHead(500).end('{}'));
        const provider = connect({
          baseUrl: `${url}/base`,
          apiKey: key,
          settings: settings.parse({}),
        });
        for (const name of ['jobId', 'taskId', 'inferenceJobId', 'id'])
          await provider.check({ [name]: id }).catch(() => undefined);
        await provider.files?.delete?.(id).catch(() => undefined);
        await provider.train?.delete(id).catch(() => undefined);
        const paths = received.map((one) => one.url);
        expect(
          paths.some((path) => path.includes(encodeURIComponent(id))),
          vendorId,
        ).toBe(true);
        for (const path of paths) {
          expect(path.startsWith('/base/')).toBe(true);
          expect(path.split('?')[0]).not.toMatch(/\.\.\/|\/\.\.$|admin\//);
        }
      }
    },
  );

  it('of a person that leads elsewhere is refused before anything is sent', async () => {
    for (const { connect, settings } of vendors) {
      const { url, received } = await serve((_, response) => response.end('{}'));
      const provider = connect({ baseUrl: url, apiKey: key, settings: settings.parse({}) });
      for (const id of ['..', '.']) {
        if (provider.files?.delete)
          expect(await failure(provider.files.delete(id))).toBeInstanceOf(UserError);
        if (provider.train)
          expect(await failure(provider.train.delete(id))).toBeInstanceOf(UserError);
      }
      expect(received).toHaveLength(0);
    }
  });
});

describe('a list of jobs', () => {
  it('without end is given up, and no half of it is taken for the whole', async () => {
    for (const { connect, settings, id } of vendors) {
      let count = 0;
      const { url } = await serve((_, response) => {
        const jobs = Array.from({ length: 20 }, () => {
          count += 1;
          const jobId = `j${count}`;
          return { jobId, job_id: jobId, id: jobId, createdAt: 1_000, status: 'running' };
        });
        const page = { result: { jobs, nextPageToken: `t${count}` }, jobs, has_more: true };
        response.end(JSON.stringify(page));
      });
      const provider = connect({ baseUrl: url, apiKey: key, settings: settings.parse({}) });
      if (!provider.listJobs) continue;
      await expect(provider.listJobs(0, 2_000), id).rejects.toThrow(/more than|not list all/);
    }
  });
});

describe('text for a terminal', () => {
  it('acts on nothing, and JSON keeps its meaning', () => {
    const hostile = { '\u009b31m': 'a\u001b[2J\u202e\u2066\r\nb\tc' };
    const shown = inert(JSON.stringify(hostile));
    expect(shown).not.toMatch(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u);
    expect(JSON.parse(shown)).toEqual(hostile);
    expect(inert('Grüße 👩‍🎨 日本\n\tok')).toBe('Grüße 👩‍🎨 日本\n\tok');
  });

  it('of a vendor is one line of bounded length', () => {
    expect(plainLine(' a\r\n\u001b[31m b\0c ')).toBe('a [31m b c');
    expect(plainLine('😀'.repeat(1_000), 101).isWellFormed()).toBe(true);
    expect(plainLine('x'.repeat(5_000_000)).length).toBe(501);
  });
});
