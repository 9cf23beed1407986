import { z } from 'zod';
import { lifetimeMs, outputLifetime } from '../account-settings.ts';
import { createApi, type Api } from '../api.ts';
import { connectBy } from '../connect-by.ts';
import { billedAmount } from '../fields.ts';
import type { Connection, Provider, Vendor, Verification } from '../port.ts';
import { usualTimeouts } from '../timeouts.ts';
import { unknownPrice } from '../price-list.ts';
import { verifyKey } from '../verify-key.ts';
import { classify, isUnknownTask } from './errors.ts';
import { imageModels } from './image-models.ts';
import { priceOf } from './prices.ts';
import { checkTask, jobStatuses, started, taskPath } from './jobs.ts';
import { videoModels } from './video-models.ts';
import { startCall } from './wire.ts';

const settings = z.strictObject({
  /** Name of the field that carries the option `outputFormat`; it is not documented. */
  outputFormatField: z.string().min(1).default('outputFormat'),
  /** The vendor's default resolution; used for prices only. */
  defaultResolution: z.enum(['1K', '2K', '4K']).optional(),
  outputLifetime,
});

function createGptImage2Api(connection: Connection): Provider {
  const headers = { authorization: `Bearer ${connection.apiKey}` };
  const api = createApi({ ...connection, classify, headers });
  const account = settings.parse(connection.settings);
  const lifetime = lifetimeMs(account.outputLifetime);
  return {
    async start(request, deadline) {
      const { path, body } = startCall(request, account.outputFormatField);
      const paid = { deadline, about: request.request.model };
      const job = await api({ method: 'POST', path, json: body, paid, answer: started });
      return { job, id: job.taskId, billed: billedAmount(job.creditsUsed, 'credits') };
    },
    jobRef: (taskId) => ({ taskId, creditsUsed: null }),
    check: (job) => checkTask(api, job, lifetime),
    verify: () => verifyKey(classify, () => askForNothing(api)),
    classify,
  };
}

/** The vendor has no call to verify a key. So this polls a nonexistent task: "not found" means a good key. */
async function askForNothing(api: Api): Promise<Verification> {
  try {
    await api({
      method: 'GET',
      path: taskPath('tsk_00000000000000000000000000'),
      answer: z.unknown(),
    });
  } catch (error) {
    if (!isUnknownTask(error)) throw error;
  }
  const message = 'the key is good; GPTImage2API reports no balance';
  return { key: 'good', balance: null, message };
}

export const gptimage2api: Vendor = {
  id: 'gptimage2api',
  title: 'GPTImage2API',
  unit: 'credits',
  site: 'https://gptimage2api.org',
  baseUrl: 'https://gptimage2api.org',
  timeouts: { ...usualTimeouts, pollFirstMs: 2_000, pollMs: 15_000 },
  settings: settings as z.ZodType as Vendor['settings'],
  offer(raw) {
    const listed = [...imageModels(settings.parse(raw).defaultResolution), ...videoModels];
    return {
      models: listed.map(({ spec }) => spec),
      training: undefined,
      limits: { perMinute: undefined, inFlight: 8, counts: 'paid' },
      jobStatuses,
      price: (request, prices) => priceOf(request, prices, listed),
      trainingPrice: () => unknownPrice('credits'),
    };
  },
  connect: connectBy(createGptImage2Api),
};
