import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkRequest, type RequestDraft } from '../../src/batch/checks/check-request.ts';
import type { AccountSpec, FieldSpec, ModelSpec } from '../../src/batch/model-spec.ts';
import type { ShotRequest } from '../../src/batch/request.ts';
import type { Json, JsonObject } from '../../src/json.ts';
import { amountFromDecimal } from '../../src/money.ts';
import { nothingLearned, type Provider, type StartRequest } from '../../src/providers/port.ts';
import { vendorById } from '../../src/providers/registry.ts';
import { failure, json, serve } from '../http/server.ts';
import { aUuid, existing, openDeadline, smallest, startOf } from './requests.ts';
import { playExamples } from './seeds/examples.ts';
import { gptimage2api } from './seeds/gptimage2api.ts';
import { photogpt } from './seeds/photogpt.ts';
import { productai } from './seeds/productai.ts';
import type { FieldRow, Row, SeedTable } from './seeds/rows.ts';
import { wonda } from './seeds/wonda.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs', 'providers');
const tables: readonly SeedTable[] = [photogpt, productai, wonda, gptimage2api];

describe.each(tables.map((table) => [table.vendor, table] as const))('%s', (id, table) => {
  const vendor = vendorById(id);
  if (!vendor) throw new Error(`${id} is not in the registry`);
  const offer = vendor.offer({}, nothingLearned);

  const connect = (baseUrl: string): Provider =>
    vendor.connect({ baseUrl, apiKey: table.apiKey, settings: {} });

  function specOf(model: string): ModelSpec {
    const spec = offer.models.find((one) => one.id === model);
    if (!spec) throw new Error(`${id} has no model ${model}`);
    return spec;
  }

  function requestTo(model: string, fields: Partial<ShotRequest> = {}): ShotRequest {
    const spec = specOf(model);
    const choice = spec.trained ? { choice: existing } : {};
    return startOf(model, { ...smallest(spec), ...choice, ...fields }).request;
  }

  /** The fields as a batch hands them on: what its check leaves out is not in the request. */
  function asPlanned(model: string, written: Partial<ShotRequest>): Partial<ShotRequest> {
    const spec = { ...specOf(model), check: () => [] };
    const { prompt, options = {}, ...fields } = written;
    const choice = requestTo(model).choice;
    const draft = { choice, prompt, fields, options, references: [] } as RequestDraft;
    const { request, problems } = checkRequest(draft, accountOf(), spec);
    expect(problems.filter(({ field }) => field !== 'references')).toEqual([]);
    const { references: _, ...planned } = request;
    return planned;
  }

  const accountOf = (): AccountSpec => ({
    name: id,
    key: id,
    vendor: id,
    unit: vendor.unit,
    models: offer.models,
    training: offer.training,
    hostsFiles: true,
    price: (request) => offer.price(request, {}),
    trainingPrice: () => offer.trainingPrice({}),
  });

  /** Sends one start to a server that keeps it, and answers what arrived. */
  async function sent(start: StartRequest) {
    const { url, received } = await serve((_, response) =>
      json(response, table.start.status, table.start.answer),
    );
    await connect(url).start(start, openDeadline);
    const [one] = received;
    if (!one) throw new Error('nothing arrived');
    expect(one.method).toBe('POST');
    expect(one.headers).toMatchObject(table.headers);
    return { path: one.url, body: JSON.parse(one.body) as JsonObject };
  }

  function startWith(
    model: string,
    fields: Partial<ShotRequest>,
    references: StartRequest['references'] = [],
  ): StartRequest {
    const spec = specOf(model);
    return {
      request: requestTo(model, fields),
      makes: spec.makes,
      trainedModel: spec.trained ? 'model-1' : undefined,
      references: [...references, ...fillers(spec).slice(references.length)],
    };
  }

  /** The references without which the model takes no request. */
  function fillers({ references: { min } }: ModelSpec): StartRequest['references'] {
    const url = 'https://example.com/image.jpg';
    return Array.from({ length: min }, () => ({ role: undefined, remote: 'image-1', url }));
  }

  async function checkField(row: FieldRow): Promise<void> {
    for (const model of row.models) {
      const spec = fieldOf(specOf(model), row.field);
      expect(spec, `${model} lacks ${row.field}`).toBeDefined();
      if (!spec) continue;
      expect(spec.kind, model).toBe(row.is);
      expect(spec.default, `default of ${model}`).toEqual(row.default);
      if (spec.kind === 'choice')
        expect([...spec.values].toSorted(), model).toEqual((row.values ?? []).toSorted());
      if (spec.kind === 'integer' || spec.kind === 'number')
        expect({ min: spec.min, max: spec.max }, model).toEqual({ min: row.min, max: row.max });
      for (const value of samples(spec)) {
        const { body } = await sent(startWith(model, requestWith(row.field, value)));
        expect(at(body, row.at), `${model} ${row.field}`).toEqual(value);
      }
    }
  }

  const walk: { [Kind in Row['kind']]: (row: Extract<Row, { kind: Kind }>) => Promise<void> } = {
    field: checkField,
    async references(row) {
      for (const model of row.models) {
        const { min, max } = specOf(model).references;
        expect({ min, max }, model).toEqual({ min: row.min, max: row.max });
        const names = Array.from({ length: row.max }, (_, index) => `https://example.com/${index}`);
        const given = names.map((name) => ({
          role: undefined,
          remote: row.as === 'remote' ? name : undefined,
          url: row.as === 'url' ? name : undefined,
        }));
        const { body } = await sent(startWith(model, {}, given));
        const expected = row.single ? names[0] : names;
        expect(at(body, row.at), model).toEqual(names.length > 0 ? expected : undefined);
      }
    },
    async prompt(row) {
      for (const model of row.models) {
        const { prompt, promptMaxLength } = specOf(model);
        expect({ prompt, promptMaxLength }, model).toEqual({
          prompt: row.prompt,
          promptMaxLength: row.maxLength,
        });
      }
    },
    async rule(row) {
      const found = specOf(row.model).check?.(requestTo(row.model, row.request)) ?? [];
      expect(found.map(({ field }) => field)).toEqual(row.refuses ? [row.refuses] : []);
    },
    async price(row) {
      const amount = amountFromDecimal(row.amount, vendor.unit);
      expect(offer.price(requestTo(row.model, row.request), {})).toEqual({
        amount,
        unit: vendor.unit,
        basis: 'exact',
      });
    },
    async body(row) {
      const references = row.references?.map((reference) => ({
        role: undefined,
        remote: undefined,
        url: undefined,
        ...reference,
      }));
      const start = startWith(row.model, asPlanned(row.model, row.request), references);
      const trainedModel = row.trainedModel ?? start.trainedModel;
      expect(await sent({ ...start, trainedModel })).toEqual({ path: row.path, body: row.body });
    },
    async started(row) {
      const { url } = await serve((_, response) => json(response, row.status, row.answer));
      const provider = connect(url);
      const model = offer.models[0]?.id ?? '';
      expect(await provider.start(startWith(model, {}), openDeadline)).toMatchObject({
        id: row.id,
      });
    },
    async state(row) {
      const { url } = await serve(({ method }, response) =>
        method === 'POST'
          ? json(response, table.start.status, table.start.answer)
          : json(response, 200, row.answer),
      );
      const provider = connect(url);
      const model = offer.models[0]?.id ?? '';
      const { job } = await provider.start(startWith(model, {}), openDeadline);
      expect(await provider.check(job)).toMatchObject(row.state);
    },
    async error(row) {
      const { url } = await serve((_, response) => json(response, row.status, row.answer));
      const provider = connect(url);
      const model = offer.models[0]?.id ?? '';
      const error = await failure(provider.start(startWith(model, {}), openDeadline));
      const verdict = provider.classify(error);
      expect(verdict).toMatchObject({ request: row.request, account: row.account });
      expect(verdict.message).toContain(row.text);
    },
    async page({ docs: words }) {
      const page = readFileSync(join(docs, `${id}.md`), 'utf8').replace(/\s+/g, ' ');
      expect(page.includes(words), `docs/providers/${id}.md says: ${words}`).toBe(true);
    },
  };

  it.each(table.rows.map((row) => [row.document, row.says, row] as const))(
    '%s: %s',
    async (_, __, row) => walk[row.kind](row as never),
  );

  it('starts images at the documented address', () => {
    expect(`${vendor.baseUrl}${table.start.path}`.endsWith(table.start.url)).toBe(true);
  });

  it('answers the examples of the documents in the simulator', async () => {
    await playExamples(table, vendor, onTestFinished);
  });
});

function fieldOf(spec: ModelSpec, name: string): FieldSpec | undefined {
  if (!name.startsWith('options.')) return spec.fields[name as keyof ModelSpec['fields']];
  return spec.options === 'unchecked' ? undefined : spec.options[name.slice('options.'.length)];
}

function requestWith(name: string, value: Json): Partial<ShotRequest> {
  if (!name.startsWith('options.')) return { [name]: value };
  return { options: { [name.slice('options.'.length)]: value } };
}

/** Every value of a choice; the ends of a range; something of the kind otherwise. */
function samples(spec: FieldSpec): readonly Json[] {
  switch (spec.kind) {
    case 'choice':
      return spec.values;
    case 'integer':
    case 'number':
      return [spec.min ?? 3, spec.max ?? 7];
    case 'boolean':
      return [true, false];
    case 'text':
      return [spec.format === 'uuid' ? aUuid : 'some text'];
    case 'list':
      return [[]];
    case 'json':
      return [{ anything: 1 }];
  }
}

function at(body: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = body;
  for (const name of path.split('.'))
    value = (value as { readonly [name: string]: Json } | undefined)?.[name];
  return value;
}
