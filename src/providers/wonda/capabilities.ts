import { z } from 'zod';
import type { ModelSpec, ReferenceSpec } from '../../batch/model-spec.ts';
import type { Json } from '../../json.ts';
import { attachmentsOf } from './attachments.ts';
import { imageModels, insteadOf } from './image-models.ts';
import { checkOf } from './params-check.ts';
import { paramsIn, propertiesOf } from './params.ts';
import { videoModels } from './video-models.ts';

const entry = z.looseObject({
  key: z.string().min(1),
  description: z.string().nullish().catch(undefined),
  attachments: z.array(z.string()).nullish().catch(undefined),
  params: z.unknown().optional(),
});
type Entry = z.infer<typeof entry>;
type Section = 'image' | 'video' | 'text';

/**
 * The catalogue with additions from the vendor's live list. The published table of image models takes
 * precedence; the list adds parameters to it. For every other model the list is the only source.
 */
export function modelsWith(learned: Json | undefined): ModelSpec[] {
  const live = { image: entriesIn(learned, 'image'), video: entriesIn(learned, 'video') };
  const texts = entriesIn(learned, 'text');
  const published = imageModels.map((model) => extended(model, live.image));
  const known = videoModels.map((model) => {
    const listed = live.video.find(({ key }) => key === model.id);
    return listed ? liveModel(listed, 'video', model) : unlisted(model, live.video);
  });
  const taken = new Set([...imageModels, ...videoModels].map(({ id }) => id));
  const added: ModelSpec[] = [];
  for (const [section, entries] of [...Object.entries(live), ['text', texts] as const])
    for (const one of entries) {
      if (taken.has(one.key)) continue;
      taken.add(one.key);
      added.push(liveModel(one, section as Section));
    }
  return [...published, ...known, ...added];
}

/** Unreadable entries are left out, so that the rest of the list is usable. */
function entriesIn(learned: Json | undefined, section: Section): Entry[] {
  const shape = z.looseObject({
    generation: z.looseObject({ [section]: z.array(z.unknown()).catch([]) }),
  });
  const listed = shape.safeParse(learned).data?.generation[section];
  return Array.isArray(listed) ? listed.flatMap((one) => entry.safeParse(one).data ?? []) : [];
}

function unlisted(model: ModelSpec, entries: readonly Entry[]): ModelSpec {
  if (entries.length === 0) return model;
  return { ...model, notes: [...model.notes, "not in the vendor's live list"] };
}

/** A published model with added parameters from the live list. Notes name the values that differ. */
function extended(model: ModelSpec, entries: readonly Entry[]): ModelSpec {
  const listed = entries.find(({ key }) => key === model.id);
  if (!listed) return unlisted(model, entries);
  const { fields, options } = paramsIn(listed.params);
  const published = model.options === 'unchecked' ? {} : model.options;
  const own = { ...model.fields, ...published };
  const extra = [...Object.keys(fields), ...Object.keys(options)].filter((name) => !(name in own));
  const differing = differences(own, { ...fields, ...options });
  return {
    ...model,
    fields: { ...fields, ...model.fields },
    options: { ...withoutThose(options, model.fields), ...published },
    notes: [
      ...model.notes,
      ...(extra.length > 0 ? [`from the vendor's live list: ${extra.join(', ')}`] : []),
      ...differing.map((text) => `the vendor's live list says otherwise: ${text}`),
    ],
  };
}

type Fields = Readonly<Record<string, unknown>>;

function withoutThose<Value>(
  all: Readonly<Record<string, Value>>,
  names: Fields,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !(name in names)));
}

function differences(published: Fields, live: Fields): string[] {
  return Object.entries(live).flatMap(([name, field]) => {
    const reported = choicesOf(field);
    const known = choicesOf(published[name]);
    const same = !reported || !known || reported.toSorted().join() === known.toSorted().join();
    return same ? [] : [`${name} takes ${reported.join(', ')}`];
  });
}

function choicesOf(field: unknown): string[] | undefined {
  const { data } = z.looseObject({ values: z.array(z.unknown()) }).safeParse(field);
  return data?.values.map(String);
}

const makes = { image: 'image', video: 'video', text: 'text' } as const;

function liveModel(listed: Entry, section: Section, known?: ModelSpec): ModelSpec {
  const params = paramsIn(listed.params);
  const attachments = attachmentsOf(listed.attachments ?? undefined);
  const whole = checkOf(listed.params, params);
  const bare = Object.keys(propertiesOf(listed.params)).length === 0;
  return {
    id: listed.key,
    operation: section,
    makes: makes[section],
    trained: false,
    prompt: section === 'text' ? 'required' : 'optional',
    ...(known?.promptMaxLength !== undefined && { promptMaxLength: known.promptMaxLength }),
    fields: params.fields,
    references: countedBy(attachments.references, known),
    options: bare && !isClosed(listed.params) ? 'unchecked' : params.options,
    insteadOf,
    check: (request) => [...attachments.check(request), ...(whole?.(request) ?? [])],
    notes: [
      ...(listed.description ? [listed.description.slice(0, 200)] : []),
      "from the vendor's live list",
      ...(section === 'text' ? [] : ['the vendor does not report whether it needs a prompt']),
      ...attachments.notes,
      ...(whole ? [] : ['its parameters are checked one by one, not together']),
    ],
  };
}

/** The live list names attachments without their number, so the known limits still apply. */
function countedBy(listed: ReferenceSpec, known: ModelSpec | undefined): ReferenceSpec {
  if (!known) return listed;
  const max = Math.min(listed.max, known.references.max);
  return { ...listed, max, min: Math.min(max, known.references.min) };
}

function isClosed(params: unknown): boolean {
  return z.looseObject({ additionalProperties: z.literal(false) }).safeParse(params).success;
}
