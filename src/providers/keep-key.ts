import { UserError } from '../errors.ts';
import { type Redactor, secretRedactor } from '../http/label.ts';
import type { Json } from '../json.ts';
import { mapList } from './lists.ts';
import type { JobOutput, JobState, Listing, Provider, RemoteThing, TrainingPort } from './port.ts';

/**
 * The same calls, with the key blanked out in every text that they return. Two texts stay unchanged. One
 * is the id of a started job: with another id the job is lost. The other is a job's description of its
 * request: it is compared and never saved. A list entry whose id contains the key counts as unreadable.
 */
export function keepKey(provider: Provider, apiKey: string): Provider {
  const redactor = secretRedactor([apiKey]);
  const { files, train, prepare, upload, presets, discover, quote, listJobs } = provider;
  const speak = speaking(redactor);
  return {
    ...provider,
    start: (request, deadline) => speak(provider.start(request, deadline)),
    check: async (job) => stateWithout(redactor, await speak(provider.check(job))),
    ...(prepare && {
      prepare: async (output) => {
        const prepared = await speak(prepare(output));
        return prepared.ready ? { ready: true, url: link(redactor, prepared.url) } : prepared;
      },
    }),
    ...(upload && {
      upload: async (file) => {
        const uploaded = await speak(upload(file));
        const { remote, url } = uploaded;
        return {
          ...uploaded,
          remote: dataWithout(redactor, remote),
          url: url && link(redactor, url),
        };
      },
    }),
    ...(files && {
      files: {
        ...files,
        list: async () => thingsWithout(redactor, await speak(files.list())),
      },
    }),
    ...(train && { train: trainWithout(redactor, train) }),
    ...(presets && {
      presets: async () =>
        mapList(withoutKeyedIds(redactor, await speak(presets())), ({ id, name }) => ({
          id,
          name: redactor.text(name),
        })),
    }),
    ...(listJobs && {
      listJobs: async (sinceMs, untilMs) =>
        withoutKeyedIds(redactor, await speak(listJobs(sinceMs, untilMs))),
    }),
    ...(discover && { discover: async () => dataWithout(redactor, await speak(discover())) }),
    ...(quote && {
      quote: async (request) => {
        const quoted = await speak(quote(request));
        return 'refused' in quoted ? { refused: redactor.text(quoted.refused) } : quoted;
      },
    }),
    verify: async () => {
      const verified = await provider.verify();
      return { ...verified, message: redactor.text(verified.message) };
    },
    classify: (error) => {
      const verdict = provider.classify(error);
      return { ...verdict, message: redactor.text(verdict.message) };
    },
  };
}

/** The message of an error may contain the vendor's words. */
function speaking(redactor: Redactor) {
  return async <Result>(call: Promise<Result>): Promise<Result> => {
    try {
      return await call;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const { next, exitCode, cause } = error;
      throw new UserError(redactor.text(error.message), { next, exitCode, cause });
    }
  };
}

function stateWithout(redactor: Redactor, state: JobState): JobState {
  switch (state.state) {
    case 'pending':
      return { ...state, status: redactor.text(state.status) };
    case 'failed':
      return { ...state, reason: redactor.text(state.reason) };
    case 'succeeded':
      return { ...state, outputs: state.outputs.map((output) => outputWithout(redactor, output)) };
    case 'missing':
      return state;
  }
}

function outputWithout(redactor: Redactor, output: JobOutput): JobOutput {
  const { remote, url } = output;
  return { ...output, remote: dataWithout(redactor, remote), url: url && link(redactor, url) };
}

const inlineText = /^(data:text\/plain;charset=utf-8;base64,)(.*)$/s;

/** A link with its key blanked out does not work, but a key in the ledger is worse. */
function link(redactor: Redactor, url: string): string {
  const [, head, text] = inlineText.exec(url) ?? [];
  if (head === undefined || text === undefined) return redactor.data(url);
  const said = redactor.data(Buffer.from(text, 'base64').toString('utf8'));
  return `${head}${Buffer.from(said).toString('base64')}`;
}

function withoutKeyedIds<Entry extends { readonly id: string }>(
  redactor: Redactor,
  { entries, unreadable }: Listing<Entry>,
): Listing<Entry> {
  const kept = entries.filter(({ id }) => redactor.data(id) === id);
  return { entries: kept, unreadable: unreadable + entries.length - kept.length };
}

function thingsWithout(redactor: Redactor, things: Listing<RemoteThing>): Listing<RemoteThing> {
  return mapList(withoutKeyedIds(redactor, things), (one) => ({
    ...one,
    name: one.name && redactor.text(one.name),
    state: one.state && redactor.text(one.state),
  }));
}

function trainWithout(redactor: Redactor, train: TrainingPort): TrainingPort {
  const speak = speaking(redactor);
  return {
    ...train,
    list: async () => thingsWithout(redactor, await speak(train.list())),
    check: async (model) => {
      const state = await speak(train.check(model));
      return state.phase === 'failed' ? { ...state, reason: redactor.text(state.reason) } : state;
    },
  };
}

/** Redacts nested values and field names: a list of models is saved as received. */
function dataWithout(redactor: Redactor, value: Json): Json {
  if (typeof value === 'string') return redactor.data(value);
  if (Array.isArray(value)) return value.map((item) => dataWithout(redactor, item));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [redactor.data(name), dataWithout(redactor, item)]),
  );
}
