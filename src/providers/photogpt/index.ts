import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { NotOkError } from '../../http/errors.ts';
import { lifetimeMs, outputLifetime } from '../account-settings.ts';
import { createApi, type Api } from '../api.ts';
import { connectBy } from '../connect-by.ts';
import type { Connection, Provider, Vendor, Verification } from '../port.ts';
import { usualTimeouts } from '../timeouts.ts';
import { verifyKey } from '../verify-key.ts';
import { classify, isNotOk } from './errors.ts';
import { imageModels } from './image-models.ts';
import { checkJob, describeJob, jobStatuses, listJobs, prepareFile } from './jobs.ts';
import { listPresets } from './presets.ts';
import { price, trainingPrice } from './prices.ts';
import {
  createFiles,
  createTraining,
  training,
  uploadImage,
  uploads,
  uploadStates,
} from './train.ts';
import { videoModels } from './video-models.ts';
import { acknowledged, startCall, started } from './wire.ts';

const settings = z.strictObject({ outputLifetime });

const reported = z.looseObject({ status: z.unknown() });

function createPhotogpt(connection: Connection): Provider {
  const api = createApi({
    ...connection,
    classify,
    headers: { authorization: `Bearer ${connection.apiKey}`, 'api-version': '1' },
    refuses: (body) => isNotOk(reported.safeParse(body).data?.status),
  });
  const lifetime = lifetimeMs(settings.parse(connection.settings).outputLifetime);
  return {
    async start(request, deadline) {
      const { path, body } = startCall(request);
      const { result } = await api({
        method: 'POST',
        path,
        json: body,
        paid: { deadline, about: request.request.model },
        answer: started,
      });
      return { job: { jobId: result.jobId }, id: result.jobId };
    },
    jobRef: (jobId) => ({ jobId }),
    check: (job) => checkJob(api, job, lifetime),
    prepare: (output) => prepareFile(api, output),
    async upload(file) {
      if (file.trainedModel === undefined)
        throw new UserError('PhotoGPT takes files for trained models only');
      const { id, url } = await uploadImage(api, file.trainedModel, file, 'auxiliaryType');
      return { remote: id, url, expiresAt: null, ready: true };
    },
    uploadStates: (remotes) => uploadStates(api, remotes),
    files: createFiles(api),
    listJobs: (sinceMs, untilMs) => listJobs(api, sinceMs, untilMs),
    describe: (job) => describeJob(api, job),
    train: createTraining(api),
    presets: () => listPresets(api),
    verify: () => verify(api),
    classify,
  };
}

function verify(api: Api): Promise<Verification> {
  const ping = async (): Promise<Verification> => {
    await api({ method: 'GET', path: '/ping', answer: acknowledged });
    return { key: 'good', balance: null, message: 'the key is good; PhotoGPT reports no balance' };
  };
  return verifyKey(classify, ping, (error) => error instanceof NotOkError);
}

export const photogpt: Vendor = {
  id: 'photogpt',
  title: 'PhotoGPT',
  unit: 'credits',
  site: 'https://platform.photogptai.com',
  baseUrl: 'https://developer.photogptai.com/api',
  timeouts: usualTimeouts,
  settings: settings as z.ZodType as Vendor['settings'],
  offer: () => ({
    models: [...imageModels, ...videoModels],
    training,
    uploads,
    limits: { perMinute: undefined, inFlight: 8, counts: 'paid' },
    jobStatuses,
    price,
    trainingPrice,
  }),
  connect: connectBy(createPhotogpt),
};
