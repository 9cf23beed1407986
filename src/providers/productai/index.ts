import type { JsonObject } from '../../json.ts';
import { connectBy } from '../connect-by.ts';
import type { JobRef, Provider, Vendor } from '../port.ts';
import { usualTimeouts } from '../timeouts.ts';
import { connectA } from './dialect-a/index.ts';
import { offerA } from './dialect-a/models.ts';
import { connectB } from './dialect-b/index.ts';
import { offerB } from './dialect-b/models.ts';
import { unit } from './prices.ts';
import { settings } from './settings.ts';

/**
 * A vendor that puts product images into scenes. It has two APIs on one host, here called dialects. A is
 * documented; B is the API of the vendor's own clients.
 */
export const productai: Vendor = {
  id: 'productai',
  title: 'ProductAI',
  unit,
  site: 'https://create.productai.photo',
  baseUrl: 'https://api.productai.photo/v1',
  timeouts: {
    ...usualTimeouts,
    // Every poll counts toward the requests per minute.
    pollFirstMs: 2_000,
    pollMs: 10_000,
  },
  settings,
  offer: (raw: JsonObject) => {
    const chosen = settings.parse(raw);
    return chosen.dialect === 'b' ? offerB : offerA(chosen);
  },
  connect: connectBy((connection) => {
    const chosen = settings.parse(connection.settings);
    const a = connectA(connection, chosen);
    const b = connectB(connection, chosen);
    // A job is polled in the dialect that started it, even if the setting has changed.
    const providerOf = (job: JobRef): Provider => (isOfB(job) ? b : a);
    return {
      ...(chosen.dialect === 'b' ? b : a),
      check: (job) => providerOf(job).check(job),
      describe: async (job) => (await providerOf(job).describe?.(job)) ?? {},
    };
  }),
};

/** The two dialects name a job's id differently: `jobId` in A, `id` in B. */
function isOfB(job: JobRef): boolean {
  return !('jobId' in job) && 'id' in job;
}
