import { expiryOf, lifetimeMs } from '../../account-settings.ts';
import { createApi, type Api } from '../../api.ts';
import { idIn } from '../../body.ts';
import { isUnknownId } from '../../classify.ts';
import { linkOf, readDelivery } from '../../delivery.ts';
import { billedAmount } from '../../fields.ts';
import { readStatus } from '../../job-statuses.ts';
import type { Connection, JobRef, JobState, Provider, Verification } from '../../port.ts';
import { verifyKey } from '../../verify-key.ts';
import { unit } from '../prices.ts';
import type { Settings } from '../settings.ts';
import { uploadForm } from '../upload-form.ts';
import { classify, errors } from './errors.ts';
import { jobStatuses } from './models.ts';
import { job, keyCheck, refusal, started, startCall, uploaded, type Job } from './wire.ts';

/** The API of the vendor's own clients. It has no list of jobs, so a lost answer is left to a person. */
export function connectB(connection: Connection, settings: Settings): Provider {
  const refuses = (body: unknown): boolean => refusal.safeParse(body).success;
  const headers = { 'x-api-key': connection.apiKey };
  const api = createApi({ ...connection, classify, headers, refuses });
  const lifetime = lifetimeMs(settings.outputLifetime);
  return {
    async start(request, deadline) {
      const { path, body } = startCall(request);
      const paid = { deadline, about: request.request.model };
      const { data } = await api({ method: 'POST', path, json: body, paid, answer: started });
      return { job: { id: data.id }, id: data.id };
    },
    jobRef: (id) => ({ id }),
    check: (ref) => checkJob(api, ref, lifetime),
    async upload(file) {
      const form = await uploadForm(file, {});
      const path = '/api/upload-asset';
      const { data } = await api({ method: 'POST', path, form, answer: uploaded });
      // Later requests identify the file by its link.
      return { remote: data.image_url, url: data.image_url, expiresAt: null, ready: true };
    },
    verify: () => verifyKey(classify, () => checkKey(api)),
    classify,
  };
}

async function checkJob(api: Api, ref: JobRef, lifetime: number | null): Promise<JobState> {
  const path = `/api/job/${encodeURIComponent(idIn(ref, 'id'))}`;
  try {
    const { data } = await api({ method: 'GET', path, answer: job });
    return stateOf(data, lifetime);
  } catch (error) {
    if (isUnknownId(error, errors)) return { state: 'missing' };
    throw error;
  }
}

function stateOf(data: Job, lifetime: number | null): JobState {
  const { means, isListed } = readStatus(jobStatuses, data.status);
  if (means === 'succeeded') {
    const given = [data.image_url, data.output_url, data.result_url, data.url].filter(
      (links) => links !== undefined && links !== null && links !== '',
    );
    const expiresAt = expiryOf(undefined, lifetime);
    const delivery = readDelivery(given.flat(), (link) => {
      const url = linkOf(link);
      return url === null ? undefined : { remote: null, url, expiresAt };
    });
    return { state: 'succeeded', ...delivery, billed: null };
  }
  if (means === 'running') return { state: 'pending', status: data.status, known: isListed };
  const said = data.message ?? (typeof data.error === 'string' ? data.error : '');
  const reason = said || `ProductAI reports ${data.status} without a reason`;
  // A text about this API says that failed jobs also consume their tokens.
  return { state: 'failed', reason, refunded: false, billed: null };
}

async function checkKey(api: Api): Promise<Verification> {
  const { data } = await api({ method: 'GET', path: '/api/key-check', answer: keyCheck });
  const balance = billedAmount(data.tokens_remaining, unit);
  if (!data.valid) return { key: 'refused', balance, message: 'ProductAI says it is not valid' };
  return {
    key: 'good',
    balance,
    message: `the key is good${data.plan ? `; plan ${data.plan}` : ''}`,
  };
}
