import type { MediaKind, ModelSpec, ReferenceSpec, RuleBreach } from '../../batch/model-spec.ts';
import type { ShotRequest } from '../../batch/request.ts';
import { takes } from './image-models.ts';
import { referencesMax } from './video-models.ts';

/** One named place for an attachment. Attachments are sent in the order of the places. */
interface Slot {
  readonly name: string;
  readonly reads: MediaKind | undefined;
  /** `reference_images` takes several, up to an undocumented number; `input_image` takes one. */
  readonly several: boolean;
}

const words: readonly [RegExp, MediaKind][] = [
  [/video|clip|footage|motion/i, 'video'],
  [/audio|voice|sound|speech|music/i, 'audio'],
  [/image|frame|image|photo|mask|portrait|character/i, 'image'],
];

export interface Attachments {
  readonly references: ReferenceSpec;
  readonly check: NonNullable<ModelSpec['check']>;
  readonly notes: readonly string[];
}

/** Reads a model's attachments. @param listed the names of the places in the live list, or undefined if absent */
export function attachmentsOf(listed: readonly string[] | undefined): Attachments {
  const slots = listed?.map(slotOf);
  const uncounted = 'the number of its references is not reported';
  const none = (): [] => [];
  if (!slots || slots.some(({ name }) => !/^[a-z][\w-]*$/i.test(name))) {
    const notes = [uncounted, ...(listed ?? []).map((text) => `attachments: ${text}`)];
    return { references: spec(0, referencesMax, ['image', 'video']), check: none, notes };
  }
  const [first, ...others] = slots;
  if (!first) return { references: spec(0, 0, ['image']), check: none, notes: [] };
  const notes = [
    'the vendor does not report whether it needs its attachments',
    ...(slots.some(({ several }) => several) ? [uncounted] : []),
  ];
  const max = Math.min(
    referencesMax,
    slots.reduce((sum, { several }) => sum + (several ? referencesMax : 1), 0),
  );
  if (others.length === 0) {
    const reads: MediaKind[] = first.reads ? [first.reads] : ['image', 'video'];
    return { references: spec(0, max, reads), check: none, notes };
  }
  return {
    references: { ...spec(0, max, kindsOf(slots)), ...rolesOf(slots) },
    check: (request) => placeFaults(request, slots),
    notes: [...notes, `attachments are positional: ${slots.map(({ name }) => name).join(', ')}`],
  };
}

function slotOf(name: string): Slot {
  return {
    name,
    reads: words.find(([pattern]) => pattern.test(name))?.[1],
    several: /[^s]s$/i.test(name),
  };
}

function spec(min: number, max: number, reads: readonly MediaKind[]): ReferenceSpec {
  return { min, max, reads, takes, roles: [] };
}

function kindsOf(slots: readonly Slot[]): MediaKind[] {
  return [...new Set(slots.map(({ reads }) => reads ?? 'image'))];
}

function rolesOf(slots: readonly Slot[]): Pick<ReferenceSpec, 'roles' | 'readsByRole'> {
  return {
    roles: slots.map(({ name }) => name),
    readsByRole: Object.fromEntries(slots.map(({ name, reads }) => [name, reads ?? 'image'])),
  };
}

/** No place can be empty before a used one: the vendor assigns attachments by order only. */
function placeFaults({ references }: ShotRequest, slots: readonly Slot[]): RuleBreach[] {
  const places = references.map(({ role }) =>
    Math.max(
      0,
      slots.findIndex(({ name }) => name === role),
    ),
  );
  const nameAt = (place: number): string => slots[place]?.name ?? '';
  for (const [index, place] of places.entries()) {
    const before = index === 0 ? -1 : (places[index - 1] ?? -1);
    if (place === before && !slots[place]?.several)
      return [fault(`two as ${nameAt(place)}: give each its role, ${order(slots)}`)];
    if (place < before) return [fault(`go in this order: ${order(slots)}`)];
    if (place > before + 1) return [fault(`${nameAt(place)} needs ${nameAt(place - 1)} before it`)];
  }
  return [];
}

function order(slots: readonly Slot[]): string {
  return slots.map(({ name }) => name).join(', ');
}

function fault(message: string): RuleBreach {
  return { field: 'references', message };
}
