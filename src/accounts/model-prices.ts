import type { ModelSpec } from '../batch/model-spec.ts';
import type { ShotRequest } from '../batch/request.ts';
import type { AccountConfig } from '../config/accounts.ts';
import type { Price } from '../money.ts';
import type { Learned, Offer } from '../providers/port.ts';
import { priceOf, quoteKeyOf } from './catalogue.ts';

/** Some vendors price text by its length. */
const samplePrompt = 'a red fox in the snow, early morning light, seen from the side';

/** The price of one request with default options, or at one resolution. */
export interface ModelPrice {
  readonly resolution: string | undefined;
  readonly price: Price;
}

/** The default first, then every resolution of the model. */
export function modelPrices(
  account: AccountConfig,
  offer: Offer,
  learned: Learned,
  model: ModelSpec,
): readonly ModelPrice[] {
  return sampleRequests(account, model).map((request) => ({
    resolution: request.resolution,
    price: priceOf(account, offer, learned, request),
  }));
}

/** The requests to quote for the prices of these models, by quote key. */
export function priceQuestions(
  account: AccountConfig,
  offer: Offer,
  models: readonly ModelSpec[],
): ReadonlyMap<string, ShotRequest> {
  const questions = new Map<string, ShotRequest>();
  for (const model of models)
    for (const request of sampleRequests(account, model)) {
      const key = quoteKeyOf(account, offer, request);
      if (key !== undefined && !questions.has(key)) questions.set(key, request);
    }
  return questions;
}

function sampleRequests({ name }: AccountConfig, model: ModelSpec): readonly ShotRequest[] {
  const { id, trained, prompt, fields } = model;
  const plain: ShotRequest = {
    account: name,
    model: id,
    choice: { kind: trained ? 'existing' : 'public', id },
    ...(prompt !== 'none' && { prompt: samplePrompt }),
    options: {},
    references: [],
  };
  const field = fields.resolution;
  const resolutions = field?.kind === 'choice' ? field.values.map(String) : [];
  return [plain, ...resolutions.map((resolution) => ({ ...plain, resolution }))];
}
