import { z } from 'zod';
import { lifetimeMs, outputLifetime } from '../account-settings.ts';
import { createApi } from '../api.ts';
import { connectBy } from '../connect-by.ts';
import type { Connection, Provider, Vendor } from '../port.ts';
import { usualTimeouts } from '../timeouts.ts';
import { verify } from './balance.ts';
import { modelsWith } from './capabilities.ts';
import { classify } from './errors.ts';
import { checkJob, jobStatuses } from './jobs.ts';
import { listUploads, uploadFile, uploads, uploadStates } from './media.ts';
import { pricing, quote } from './prices.ts';
import { capabilities, startCall, started } from './wire.ts';

const header = z
  .string()
  .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, 'write plain letters, digits and signs');

/** Attribution of costs: `organisation` is a slug, `project` the name of a spend tag. */
const settings = z.strictObject({
  organisation: header.optional(),
  project: header.optional(),
  outputLifetime,
});

function createWonda(connection: Connection): Provider {
  const { organisation, project, ...rest } = settings.parse(connection.settings);
  const api = createApi({
    ...connection,
    classify,
    headers: {
      authorization: `Bearer ${connection.apiKey}`,
      ...(organisation !== undefined && { 'x-wonda-org': organisation }),
      ...(project !== undefined && { 'x-wonda-project': project }),
    },
  });
  const lifetime = lifetimeMs(rest.outputLifetime);
  return {
    async start(request, deadline) {
      const { path, body } = startCall(request);
      const { inferenceJobId } = await api({
        method: 'POST',
        path,
        json: body,
        paid: { deadline, about: request.request.model },
        answer: started,
      });
      return { job: { inferenceJobId }, id: inferenceJobId };
    },
    jobRef: (inferenceJobId) => ({ inferenceJobId }),
    check: (job) => checkJob(api, job, lifetime),
    upload: (file) => uploadFile(api, file),
    uploadStates: (remotes) => uploadStates(api, remotes),
    files: { list: () => listUploads(api) },
    discover: () => api({ method: 'GET', path: '/capabilities', answer: capabilities }),
    quote: (request) => quote(api, request),
    verify: () => verify(api),
    classify,
  };
}

export const wonda: Vendor = {
  id: 'wonda',
  title: 'Wonda',
  unit: 'usd',
  site: 'https://wonda.sh',
  baseUrl: 'https://api.wondercat.ai/api/v1',
  timeouts: usualTimeouts,
  settings: settings as z.ZodType as Vendor['settings'],
  offer(_, learned) {
    const models = modelsWith(learned.models);
    return {
      models,
      training: undefined,
      uploads,
      limits: { perMinute: undefined, inFlight: 8, counts: 'paid' },
      jobStatuses,
      publicUploads: true,
      ...pricing(models, learned),
    };
  },
  connect: connectBy(createWonda),
};
