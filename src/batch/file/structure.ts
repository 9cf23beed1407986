import type { Json, JsonObject } from '../../json.ts';
import type { Problem } from '../problem.ts';
import { contextOf } from './schema-problems.ts';
import { stepName } from './schema.ts';
import { didYouMean } from './suggest.ts';
import type { Path, YamlPlaces } from './yaml-places.ts';

/**
 * Checks rules between keys, which a schema of single values cannot express. Reads the raw file,
 * with its faults.
 */
export function structureProblems(
  file: JsonObject,
  steps: readonly string[],
  places: YamlPlaces,
): Problem[] {
  const problems: Problem[] = [];
  const add = (path: Path, message: string, more: Partial<Problem> = {}): void => {
    const context = contextOf(path);
    const place = places.at(path, 'key');
    problems.push({
      severity: 'error',
      message,
      path,
      place,
      ...(context ? { context } : {}),
      ...more,
    });
  };
  for (const [name, entry] of Object.entries(recordOf(file['models'])))
    checkModel(name, entry, add);
  for (const [index, name] of steps.entries()) {
    const step = recordOf(recordOf(file['steps'])[name] ?? null);
    checkStep(name, step, steps.slice(0, index), steps, add);
  }
  return problems;
}

type Add = (path: Path, message: string, more?: Partial<Problem>) => void;

function checkModel(name: string, entry: Json, add: Add): void {
  const path = ['models', name];
  const model = recordOf(entry);
  if (name.includes(':')) add(path, `a short name takes no colon: ${name}`);
  const given = ['use', 'train'].filter((key) => key in model);
  if (given.length !== 1)
    add(
      path,
      `model ${name} has ${given.length === 0 ? 'neither use nor train' : 'both use and train'}`,
      {
        hint: 'it takes exactly one of them',
      },
    );
  if ('unchecked' in model && !('use' in model))
    add([...path, 'unchecked'], 'unchecked stands only beside use');
  if (!('train' in model)) return;
  const train = recordOf(model['train'] ?? null);
  if ('id' in train) {
    for (const key of Object.keys(train))
      if (key !== 'id' && key !== 'account')
        add([...path, 'train', key], `${key} does not go with id`, { hint: 'id: trained before' });
    return;
  }
  for (const key of ['images', 'name'])
    if (!(key in train)) add([...path, 'train'], `train.${key} is missing`);
}

function checkStep(
  name: string,
  step: JsonObject,
  earlier: readonly string[],
  all: readonly string[],
  add: Add,
): void {
  const path = ['steps', name];
  const rule = stepName.safeParse(name);
  if (!rule.success)
    add(path, `${name} is no name for a step`, { hint: rule.error.issues[0]?.message ?? '' });
  if ('rows' in step && 'from' in step)
    add([...path, 'from'], 'rows and from exclude each other', { hint: 'keep one of them' });
  if ('pick' in step && !('from' in step)) add([...path, 'pick'], 'pick stands only beside from');
  const from = step['from'];
  const sources = Array.isArray(from) ? from : [from];
  for (const source of sources) {
    if (typeof source !== 'string' || earlier.includes(source)) continue;
    if (all.includes(source)) {
      const hint = source === name ? 'a step cannot read itself' : 'move it above this step';
      add([...path, 'from'], `step ${source} is not an earlier step`, { hint });
      continue;
    }
    const meant = didYouMean(source, earlier);
    const hint = meant
      ? `did you mean ${meant}?`
      : `earlier steps: ${earlier.join(', ') || 'none'}`;
    add([...path, 'from'], `there is no step ${source}`, {
      hint,
      allowed: earlier,
      ...(meant ? { didYouMean: meant } : {}),
    });
  }
}

function recordOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
