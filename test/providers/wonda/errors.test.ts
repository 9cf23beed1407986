import { describe, expect, it } from 'vitest';
import { wonda } from '../../../src/providers/wonda/index.ts';
import { failure, serve } from '../../http/server.ts';
import { openDeadline, startOf } from '../requests.ts';

const fine = { kind: 'fine' };
const forbidden = { kind: 'forbidden' };
const noFunds = { kind: 'noFunds' };
const limited = { kind: 'limited', retryAfterMs: 1_000 };

const body = (code: string, more: object = {}): string =>
  JSON.stringify({ error: { message: 'Oh no', code, ...more } });

async function verdictOf(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
) {
  const { url } = await serve((_, response) => {
    response.writeHead(status, headers);
    response.end(text);
  });
  const provider = wonda.connect({ baseUrl: url, apiKey: 'sk_secret', settings: {} });
  const error = await failure(provider.start(startOf('z-image', { prompt: 'x' }), openDeadline));
  return provider.classify(error);
}

describe('classify', () => {
  it.each([
    [400, 'validation_error', 'refused', fine],
    [400, 'bad_request', 'refused', fine],
    [400, 'unknown_project', 'refused', forbidden],
    [401, 'unauthorized', 'refused', { kind: 'badKey' }],
    [402, 'insufficient_credits', 'refused', noFunds],
    [402, 'payment_required', 'refused', noFunds],
    [403, 'forbidden', 'refused', forbidden],
    [403, 'feature_disabled', 'refused', forbidden],
    [403, 'paid_plan_required', 'refused', forbidden],
    [404, 'not_found', 'refused', fine],
    [409, 'conflict', 'refused', fine],
    [409, 'project_exists', 'refused', fine],
    [410, 'gone', 'refused', fine],
    [429, 'rate_limit_exceeded', 'refused', limited],
    [429, 'throttled', 'refused', limited],
    [500, 'internal_server_error', 'ambiguous', fine],
    [503, 'internal_server_error', 'ambiguous', { kind: 'unreachable', retryAfterMs: 1_000 }],
  ] as const)('%i %s', async (status, code, request, account) => {
    const verdict = await verdictOf(status, body(code));
    expect(verdict).toMatchObject({ request, account });
    expect(verdict.message).toMatch(new RegExp(`^Wonda answered ${status}: Oh no; ${code}`));
    expect(verdict.message).not.toContain('sk_secret');
  });

  it('lets the code decide where the status is another', async () => {
    expect(await verdictOf(400, body('insufficient_credits'))).toMatchObject({ account: noFunds });
    expect(await verdictOf(403, body('throttled'))).toMatchObject({ account: limited });
  });

  it('waits as long as it is told', async () => {
    const header = { 'retry-after': '7' };
    expect(await verdictOf(429, body('throttled'), header)).toMatchObject({
      account: { kind: 'limited', retryAfterMs: 7_000 },
    });
    const deferUntil = new Date(Date.now() + 60_000).toISOString();
    const { account } = await verdictOf(429, body('throttled', { deferUntil }));
    if (account.kind !== 'limited') throw new Error(account.kind);
    expect(account.retryAfterMs).toBeGreaterThan(50_000);
    // A server tells its time in whole seconds.
    expect(account.retryAfterMs).toBeLessThanOrEqual(61_000);
    expect(await verdictOf(429, body('throttled', { deferUntil: '2020-01-01' }))).toMatchObject({
      account: limited,
    });
  });

  it('says what to look at', async () => {
    const { message } = await verdictOf(400, body('unknown_project'));
    expect(message).toContain('see project of this account in shotlist.yaml');
  });

  it.each([
    [404, '<html><head><title>Not here</title></head></html>', fine],
    [403, 'error code: 1010', forbidden],
    [402, '', noFunds],
    [429, '{"error":"slow down"}', limited],
  ] as const)('survives %i with another body', async (status, text, account) => {
    expect(await verdictOf(status, text)).toMatchObject({ request: 'refused', account });
  });

  it('does not know what became of an unreadable success', async () => {
    expect(await verdictOf(200, '{}')).toMatchObject({ request: 'ambiguous', account: fine });
  });
});
