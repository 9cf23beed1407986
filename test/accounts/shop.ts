import { tmpdir } from 'node:os';
import { z } from 'zod';
import type { ModelSpec } from '../../src/batch/model-spec.ts';
import type { ShotRequest } from '../../src/batch/request.ts';
import type { AccountConfig } from '../../src/config/accounts.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { Json } from '../../src/json.ts';
import { createApi } from '../../src/providers/api.ts';
import { connectBy } from '../../src/providers/connect-by.ts';
import { classifier } from '../../src/providers/classify.ts';
import type { Provider, Vendor } from '../../src/providers/port.ts';
import { unknownPrice } from '../../src/providers/price-list.ts';
import { serve } from '../http/server.ts';

const list = z.looseObject({ models: z.array(z.string()) });
const estimate = z.looseObject({ credits: z.number() });
const refusal = z.looseObject({ error: z.string() });

function modelOf(id: string): ModelSpec {
  return {
    id,
    operation: 'image',
    makes: 'image',
    trained: false,
    prompt: 'required',
    fields: { resolution: { kind: 'choice', values: ['1K', '2K'], default: '1K' } },
    references: { min: 0, max: 0, reads: [], takes: [], roles: [] },
    options: {},
    insteadOf: {},
    notes: [],
  };
}

const keyOf = ({ model, resolution }: ShotRequest): string => `${model} ${resolution ?? '1K'}`;

/** A vendor that tells its models and its prices only when it is asked. */
const shop: Vendor = {
  id: 'shop',
  title: 'Shop',
  unit: 'credits',
  site: 'https://shop.example',
  baseUrl: 'https://api.shop.example.test',
  timeouts: {
    postMs: 1_000,
    imageJobMs: 1_000,
    videoJobMs: 1_000,
    trainingMs: 1_000,
    pollFirstMs: 10,
    pollMs: 10,
    trainingPollMs: 10,
    listLagMs: 10,
  },
  settings: z.strictObject({}),
  offer: (_settings, learned) => ({
    models: (list.safeParse(learned.models).data?.models ?? ['plain']).map(modelOf),
    training: undefined,
    limits: { perMinute: undefined, inFlight: 4, counts: 'paid' },
    jobStatuses: { running: [], succeeded: [], failed: [], unlisted: 'running' },
    price(request, prices) {
      const amount = prices[request.model] === undefined ? learned.quote(keyOf(request)) : 1_000;
      return amount === undefined
        ? unknownPrice('credits')
        : { amount, unit: 'credits', basis: 'quoted' };
    },
    trainingPrice: () => unknownPrice('credits'),
    quoteKey: keyOf,
  }),
  connect: connectBy((connection): Provider => {
    const classify = classifier({
      title: 'Shop',
      read(body) {
        const { data } = refusal.safeParse(body);
        return data && { text: data.error };
      },
      isOwn: (body) => refusal.safeParse(body).success,
    });
    const api = createApi({ ...connection, classify, headers: {} });
    return {
      start: () => Promise.reject(new Error('the shop makes nothing')),
      jobRef: (id) => ({ id }),
      check: () => Promise.resolve({ state: 'missing' }),
      discover: async () =>
        (await api({ method: 'GET', path: '/models', answer: list })) as unknown as Json,
      async quote({ model, resolution }) {
        const { credits } = await api({
          method: 'POST',
          path: '/estimate',
          json: { model, resolution: resolution ?? '1K' },
          answer: estimate,
        });
        return { amount: credits * 1_000 };
      },
      verify: () => Promise.resolve({ key: 'good', balance: null, message: 'good' }),
      classify,
    };
  }),
};

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A shop at a real address, and the account there. */
export async function openShop(
  answers: (path: string, body: { model?: string; resolution?: string }) => Answer,
) {
  const server = await serve(({ url, body }, response) => {
    const parsed = body === '' ? {} : (JSON.parse(body) as { model?: string });
    const answer = answers(url, parsed);
    response.writeHead(answer.status ?? 200, {
      'content-type': 'application/json',
      ...answer.headers,
    });
    response.end(JSON.stringify(answer.body));
  });
  const [some] = loadConfig({}, tmpdir()).accounts.values();
  if (!some) throw new Error('no account is configured');
  const account: AccountConfig = {
    ...some,
    name: 'shop',
    key: `shop@${server.url}`,
    vendor: shop,
    keyVariable: 'SHOP_API_KEY',
    apiKey: 'key',
    baseUrl: server.url,
    settings: {},
  };
  return { account, received: server.received };
}

export function shotRequest(changes: Partial<ShotRequest> = {}): ShotRequest {
  return {
    account: 'shop',
    model: 'plain',
    choice: { kind: 'public', id: 'plain' },
    prompt: 'a fox',
    options: {},
    references: [],
    ...changes,
  };
}
