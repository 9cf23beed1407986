import type { FieldSpec, ModelSpec } from '../../src/batch/model-spec.ts';
import type { ModelChoice, ShotRequest } from '../../src/batch/request.ts';
import type { Json } from '../../src/json.ts';
import type { ResolvedReference, StartRequest } from '../../src/providers/port.ts';

export const openDeadline = { sendBy: Number.MAX_SAFE_INTEGER, timeoutMs: 5_000, now: () => 0 };

/** A start of a public model from the fields that matter to a test. */
export function startOf(
  model: string,
  fields: Partial<ShotRequest> = {},
  references: readonly Partial<ResolvedReference>[] = [],
): StartRequest {
  return {
    request: {
      account: 'a',
      model,
      choice: { kind: 'public', id: model },
      options: {},
      references: [],
      ...fields,
    },
    makes: 'image',
    trainedModel: undefined,
    references: references.map((reference) => ({
      role: undefined,
      remote: undefined,
      url: undefined,
      ...reference,
    })),
  };
}

/** A job as any vendor may have named it. */
export const anyJob = { jobId: 'j', taskId: 'j', inferenceJobId: 'j', id: 'j' };

export const existing = { kind: 'existing', id: 'm-1' } as const satisfies ModelChoice;

export const aUuid = '9b2f6c1e-4d3a-4c58-8f0e-2a7d5b1c6e90';

/** Texts that mean something to a vendor, by field. */
export type Texts = Readonly<Record<string, string>>;

/** A value as far out as the field allows. */
export function boldest(name: string, field: FieldSpec, texts: Texts): Json {
  if (field.kind === 'choice') return field.values.at(-1) ?? null;
  if (field.kind === 'integer') return field.max ?? (name === 'outputs' ? 2 : 128);
  if (field.kind === 'number') return field.max ?? (name === 'duration' ? 8 : 0.5);
  if (field.kind === 'boolean') return true;
  if (field.kind === 'text' && field.format === 'uuid') return aUuid;
  if (field.kind === 'text') return texts[name] ?? 'anything';
  return field.kind === 'list' ? [boldest(name, field.of, texts)] : {};
}

/** A request with every field and option that the model takes. */
export function fullest(model: ModelSpec, texts: Texts): Partial<ShotRequest> {
  const values = (fields: Readonly<Record<string, FieldSpec>>): Record<string, Json> =>
    Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [name, boldest(name, field, texts)]),
    );
  return {
    ...smallest(model),
    ...values(model.fields),
    options: model.options === 'unchecked' ? {} : values(model.options),
  };
}

/** A prompt alone, and that only where the model needs one. */
export function smallest(model: ModelSpec): Partial<ShotRequest> {
  const missed = model.check?.(startOf(model.id).request) ?? [];
  const needed = model.prompt === 'required' || missed.some(({ field }) => field === 'prompt');
  return needed ? { prompt: 'a red chair' } : {};
}
