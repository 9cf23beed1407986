import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkRequest, type RequestDraft } from '../../src/batch/checks/check-request.ts';
import type { FoundReference } from '../../src/batch/checks/check-references.ts';
import type { AccountSpec, FieldSpec, ModelSpec } from '../../src/batch/model-spec.ts';
import type { ShotRequest } from '../../src/batch/request.ts';
import type { Json } from '../../src/json.ts';
import { nothingLearned, type Verdict } from '../../src/providers/port.ts';
import { boldest, existing, openDeadline, type Texts } from './requests.ts';
import { Client, Stage, titledCases, vendorOf } from './stage.ts';

/** A request as a person may have written it: as it should be, but for one thing at most. */
interface Written {
  readonly prompt: string | undefined;
  readonly fields: Readonly<Record<string, Json>>;
  readonly options: Readonly<Record<string, Json>>;
  readonly references: number;
}
type Slip = 'none' | 'prompt' | 'value' | 'option' | 'references';

/** Whether what the field takes is documented to the end. */
function isClosed(field: FieldSpec): boolean {
  if (field.kind === 'integer' || field.kind === 'number')
    return field.min !== undefined && field.max !== undefined;
  return field.kind === 'choice' || field.kind === 'boolean';
}

/** Values that the field takes; where a range is open, what anyone would ask for. */
function valueOf(name: string, field: FieldSpec, texts: Texts): fc.Arbitrary<Json> {
  if (field.kind === 'choice') return fc.constantFrom(...field.values);
  if (field.kind === 'boolean') return fc.boolean();
  const ranged = field.kind === 'integer' || field.kind === 'number' ? field : undefined;
  const { min, max } = ranged ?? {};
  if (min !== undefined && max !== undefined) return fc.integer({ min, max });
  return fc.constant(boldest(name, field, texts));
}

function someOf(
  fields: Readonly<Record<string, FieldSpec>>,
  texts: Texts,
): fc.Arbitrary<Record<string, Json>> {
  const values = Object.entries(fields).map(([name, field]) => [name, valueOf(name, field, texts)]);
  const model = Object.fromEntries(values) as Record<string, fc.Arbitrary<Json>>;
  return fc.record(model, { requiredKeys: [] }) as fc.Arbitrary<Record<string, Json>>;
}

const strange: fc.Arbitrary<Json> = fc.constantFrom('no such value', -1, 99_999, true, '1:7', 0.5);

function written(spec: ModelSpec, texts: Texts): fc.Arbitrary<Written> {
  const options = spec.options === 'unchecked' ? {} : spec.options;
  const { min, max } = spec.references;
  const names = Object.entries(spec.fields)
    .filter(([, field]) => isClosed(field))
    .map(([name]) => name);
  return fc
    .record({
      slip: fc.constantFrom<Slip>('none', 'none', 'prompt', 'value', 'option', 'references'),
      prompt: fc.constantFrom('a red chair', 'Ein Stuhl, "rot" & schön 🪑'),
      fields: someOf(spec.fields as Record<string, FieldSpec>, texts),
      options: someOf(options, texts),
      references: fc.integer({ min, max }),
      name: fc.constantFrom('', ...names),
      value: strange,
      fewer: fc.boolean(),
    })
    .map(({ slip, prompt, fields, options: chosen, references, name, value, fewer }) => ({
      prompt: (spec.prompt === 'none') === (slip === 'prompt') ? prompt : undefined,
      fields: slip === 'value' && name !== '' ? { ...fields, [name]: value } : fields,
      options:
        slip === 'option' && spec.options !== 'unchecked'
          ? { ...chosen, noSuchOption: value }
          : chosen,
      references: slip === 'references' ? (fewer ? Math.max(0, min - 1) : max + 1) : references,
    }));
}

function found(spec: ModelSpec, madeBy: AccountSpec, index: number): FoundReference {
  const { takes, roles, reads } = spec.references;
  const role = roles[index % Math.max(1, roles.length)];
  const base = { ...(role !== undefined && { role }) };
  const label = `reference ${index}`;
  if (takes.includes('link')) {
    const url = `https://example.com/${index}.jpg`;
    return { reference: { ...base, kind: 'link', url }, media: undefined, label };
  }
  const media = reads[0];
  if (takes.includes('file'))
    return { reference: { ...base, kind: 'file', sha256: label, path: label }, media, label };
  const output = { kind: 'output', sha256: label, submission: 's', index } as const;
  return { reference: { ...base, ...output }, media, label, madeBy };
}

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

describe.each(titledCases)('the catalogue and the simulator of %s', (_title, which) => {
  const { id, settings = {} } = which;
  const vendor = vendorOf(id);
  const offer = vendor.offer(settings, nothingLearned);
  const account: AccountSpec = {
    name: id,
    key: id,
    vendor: id,
    unit: vendor.unit,
    models: offer.models,
    training: offer.training,
    hostsFiles: false,
    price: (request) => offer.price(request, {}),
    trainingPrice: () => offer.trainingPrice({}),
  };
  let client: Client;

  beforeAll(async () => {
    client = await Client.open(stage, which);
  });

  /** Undefined: accepted. */
  async function refusal(spec: ModelSpec, request: ShotRequest): Promise<Verdict | undefined> {
    const { provider } = client;
    const start = await client.startFor(spec, request, request.references.length);
    try {
      await provider.start(start, openDeadline);
      return undefined;
    } catch (error) {
      return provider.classify(error);
    }
  }

  it.each(offer.models.map((spec) => [spec.id, spec] as const))(
    'agree on what %s takes',
    async (_, spec) => {
      await fc.assert(
        fc.asyncProperty(written(spec, client.texts), async (one) => {
          const references = Array.from({ length: one.references }, (__, index) =>
            found(spec, account, index),
          );
          const choice = spec.trained ? existing : ({ kind: 'public', id: spec.id } as const);
          const { prompt, fields, options } = one;
          const draft: RequestDraft = {
            choice,
            ...(prompt !== undefined && { prompt }),
            fields,
            options,
            references,
          };
          const { request, problems } = checkRequest(draft, account, spec);
          if (problems.length > 0) return;
          // So whatever the simulator refuses for its content, the catalogue has refused before.
          expect(await refusal(spec, request)).toBeUndefined();
        }),
        { numRuns: 16 },
      );
    },
  );
});
