import { lifetimeMs } from '../../account-settings.ts';
import { createApi, type Api } from '../../api.ts';
import { billedAmount } from '../../fields.ts';
import { mapList } from '../../lists.ts';
import type { Connection, Listing, Provider, Verification } from '../../port.ts';
import { verifyKey } from '../../verify-key.ts';
import { unit } from '../prices.ts';
import type { Settings } from '../settings.ts';
import { listUploads, upload, uploadStates } from './assets.ts';
import { classify } from './errors.ts';
import { checkJob, describeJob, listJobs } from './jobs.ts';
import { listAll } from './pages.ts';
import { me, preset, startBody, started } from './wire.ts';

/** The documented API. */
export function connectA(connection: Connection, settings: Settings): Provider {
  const headers = { authorization: `Bearer ${connection.apiKey}` };
  const api = createApi({ ...connection, classify, headers });
  const lifetime = lifetimeMs(settings.outputLifetime);
  return {
    async start(request, deadline) {
      const json = startBody(request);
      const path = '/generate';
      const paid = { deadline, about: request.request.model };
      const { job_id } = await api({ method: 'POST', path, json, paid, answer: started });
      return { job: { jobId: job_id }, id: job_id };
    },
    jobRef: (jobId) => ({ jobId }),
    check: (job) => checkJob(api, job, lifetime),
    upload: (file) => upload(api, file),
    uploadStates: (remotes) => uploadStates(api, remotes),
    files: { list: () => listUploads(api) },
    listJobs: (sinceMs, untilMs) => listJobs(api, sinceMs, untilMs),
    describe: (job) => describeJob(api, job),
    presets: () => listPresets(api),
    verify: () => verifyKey(classify, () => whoAmI(api)),
    classify,
  };
}

async function listPresets(api: Api): Promise<Listing<{ id: string; name: string }>> {
  const presets = await listAll(api, { path: '/presets', pageSize: 100, entry: preset });
  return mapList(presets, ({ id, name }) => ({ id, name: name ?? id }));
}

/** The balance is `credits.generations`, the only number in the answer. */
async function whoAmI(api: Api): Promise<Verification> {
  const { plan, credits } = await api({ method: 'GET', path: '/me', answer: me });
  const balance = billedAmount(credits?.generations, unit);
  return { key: 'good', balance, message: `the key is good${plan ? `; plan ${plan}` : ''}` };
}
