import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { HttpError } from '../../http/errors.ts';
import { createApi, NotOkError, type Api } from '../api.ts';
import type { Connection, Provider, Vendor, Verification } from '../port.ts';
import { classify } from './errors.ts';
import { imageModels } from './image-models.ts';
import { checkJob, describeJob, listJobs, prepareVideo } from './jobs.ts';
import { listPresets } from './presets.ts';
import { price, trainingPrice } from './prices.ts';
import { createFiles, createTraining, training, uploadImage } from './train.ts';
import { videoModels } from './video-models.ts';
import { acknowledged, startCall, started } from './wire.ts';

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `outputLifetime`: how long links to outputs live, such as `24h`; the vendor does not say. */
const settings = z.strictObject({
  outputLifetime: z
    .string()
    .regex(/^\d{1,5}[mhd]$/, 'write a time such as 90m, 24h or 7d')
    .optional(),
});

function outputLifetimeMs(raw: unknown): number | null {
  const text = settings.parse(raw).outputLifetime;
  if (text === undefined) return null;
  return Number(text.slice(0, -1)) * unitMs[text.slice(-1) as keyof typeof unitMs];
}

const refusal = z.looseObject({ status: z.string() });

function createPhotogpt(connection: Connection): Provider {
  const api = createApi({
    baseUrl: connection.baseUrl,
    headers: { authorization: `Bearer ${connection.apiKey}`, 'api-version': '1' },
    refuses: (body) => refusal.safeParse(body).data?.status.toUpperCase() === 'NOK',
  });
  const lifetimeMs = outputLifetimeMs(connection.settings);
  return {
    async start(request, fence) {
      const { path, body } = startCall(request);
      const { result } = await api({ method: 'POST', path, json: body, fence, answer: started });
      return { job: { jobId: result.jobId }, id: result.jobId };
    },
    check: (job) => checkJob(api, job, lifetimeMs),
    prepare: (output) => prepareVideo(api, output),
    async upload(file) {
      if (file.trainedModel === undefined)
        throw new UserError('PhotoGPT takes files for trained models only');
      const { id, url } = await uploadImage(api, file.trainedModel, file, 'auxiliaryType');
      return { remote: id, url, expiresAt: null, ready: true };
    },
    files: createFiles(api),
    listJobs: (sinceMs, untilMs) => listJobs(api, sinceMs, untilMs),
    describe: (job) => describeJob(api, job),
    train: createTraining(api),
    presets: () => listPresets(api),
    verify: () => verify(api),
    classify,
  };
}

async function verify(api: Api): Promise<Verification> {
  try {
    await api({ method: 'GET', path: '/ping', answer: acknowledged });
    return { key: 'good', balance: null, message: 'the key is good; PhotoGPT tells no balance' };
  } catch (error) {
    const { message } = classify(error);
    const refused = error instanceof HttpError && error.status === 401;
    if (refused || error instanceof NotOkError) return { key: 'refused', balance: null, message };
    return { key: 'unreachable', balance: null, message };
  }
}

export const photogpt: Vendor = {
  id: 'photogpt',
  title: 'PhotoGPT',
  unit: 'credits',
  baseUrl: 'https://developer.photogptai.com/api',
  timeouts: {
    postMs: 60_000,
    imageJobMs: 30 * 60_000,
    videoJobMs: 2 * 3_600_000,
    trainingMs: 90 * 60_000,
    pollFirstMs: 1_000,
    pollMs: 5_000,
    trainingPollMs: 5 * 60_000,
  },
  settings: settings as z.ZodType as Vendor['settings'],
  offer: () => ({
    models: [...imageModels, ...videoModels],
    training,
    limits: { perMinute: undefined, inFlight: 8, counts: 'paid' },
    price,
    trainingPrice,
  }),
  connect: createPhotogpt,
};
