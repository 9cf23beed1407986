import { UserError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { amountFromDecimal, units, type Unit } from '../../money.ts';
import type { BatchDocument, ModelEntry, Policy, Step } from './document.ts';
import type { Problem } from '../problem.ts';
import { batchSchema, type BatchInput, type StepInput } from './schema.ts';
import { schemaProblems } from './schema-problems.ts';
import { structureProblems } from './structure.ts';
import { readYaml } from './yaml-file.ts';
import type { YamlPlaces } from './yaml-places.ts';

export interface ParsedBatch {
  /** Defined exactly when no problem is an error. */
  readonly document: BatchDocument | undefined;
  /** When only steps have errors: the batch without them, so that the rest is checked in the same pass. */
  readonly sound?: BatchDocument;
  readonly problems: Problem[];
}

/** Reads a batch file: YAML, keys, types, and rules between keys. Returns all problems, by position. */
export function parseBatch(source: string, file: string): ParsedBatch {
  const yaml = readYaml(source, file);
  if (!yaml.ok) return { document: undefined, problems: inOrder(yaml.problems) };
  const { places, value } = yaml;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const hint = 'it starts with batch: and steps:';
    const message = 'a batch file is a record of keys';
    const problem = { severity: 'error', message, place: places.at([]), path: [], hint } as const;
    return { document: undefined, problems: [problem] };
  }
  const own: JsonObject = Object.fromEntries(
    Object.entries(value).filter(([key]) => !key.startsWith('x-')),
  );
  const steps = stepNames(own, places);
  const parsed = batchSchema.safeParse(own, { reportInput: true });
  const budget = readBudget(own['budget'], places);
  const found = [
    ...(parsed.success ? [] : schemaProblems(parsed.error.issues, places)),
    ...structureProblems(own, steps, places),
    ...budget.problems,
  ].filter((problem) => !yaml.problems.some((trap) => isWithin(problem.path, trap.path)));
  const problems = inOrder([...yaml.problems, ...found]);
  const around = { source, file, places, steps, budget: budget.caps };
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (parsed.success && errors.length === 0)
    return { document: documentOf(parsed.data, around), problems };
  const remaining = withoutBrokenSteps(own, steps, errors);
  const sound = remaining && batchSchema.safeParse(remaining);
  if (!sound?.success) return { document: undefined, problems };
  return { document: undefined, sound: documentOf(sound.data, around), problems };
}

/** Drops the steps with errors and those that read them. Undefined when an error lies elsewhere. */
function withoutBrokenSteps(
  file: JsonObject,
  names: readonly string[],
  errors: readonly Problem[],
): JsonObject | undefined {
  if (errors.some(({ path }) => path[0] !== 'steps' || path.length < 2)) return undefined;
  const broken = new Set(errors.map(({ path }) => String(path[1])));
  const steps = file['steps'] as JsonObject;
  for (const name of names) {
    const from = (steps[name] as JsonObject | null)?.['from'];
    if ([from].flat().some((source) => broken.has(String(source)))) broken.add(name);
  }
  const sound = Object.entries(steps).filter(([name]) => !broken.has(name));
  return sound.length > 0 ? { ...file, steps: Object.fromEntries(sound) } : undefined;
}

/** Step names in written order, also for numeric names. Merged names come last. */
function stepNames(file: JsonObject, places: YamlPlaces): string[] {
  const steps = file['steps'];
  if (typeof steps !== 'object' || steps === null || Array.isArray(steps)) return [];
  const written = places.keys(['steps']).filter((name) => Object.hasOwn(steps, name));
  return [...new Set([...written, ...Object.keys(steps)])];
}

function isWithin(path: Problem['path'], trap: Problem['path']): boolean {
  return trap.every((key, index) => path[index] === key);
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted(
    (a, b) => a.place.line - b.place.line || a.place.column - b.place.column,
  );
}

interface Surroundings {
  readonly source: string;
  readonly file: string;
  readonly places: YamlPlaces;
  readonly steps: readonly string[];
  readonly budget: BatchDocument['budget'];
}

function documentOf(input: BatchInput, around: Surroundings): BatchDocument {
  const { source, file, places, steps, budget } = around;
  return {
    file,
    source,
    batch: input.batch,
    budget,
    vars: input.vars ?? {},
    models: (input.models ?? {}) as Readonly<Record<string, ModelEntry>>,
    policy: policyOf(input.policy),
    steps: steps.flatMap((name) => {
      const step = input.steps[name];
      return step ? [stepOf(name, step)] : [];
    }),
    place: (path, what) => places.at(path, what),
  };
}

function stepOf(name: string, input: StepInput): Step {
  const { name: nameTemplate, from, pick, matrix, where, exclude, takes, ...rest } = input;
  return {
    ...rest,
    outputs: rest.outputs as Step['outputs'],
    name,
    ...(from === undefined ? {} : { from: Array.isArray(from) ? from : [from] }),
    pick: pick ?? 'all',
    matrix: matrix ?? {},
    where: where ?? [],
    exclude: exclude ?? [],
    takes: (takes ?? 1) as Step['takes'],
    ...(nameTemplate === undefined ? {} : { nameTemplate }),
  };
}

function policyOf(input: BatchInput['policy']): Policy {
  return {
    retries: input?.retries ?? 2,
    paidRetries: input?.paidRetries ?? 0,
    maxFailures: maxFailuresOf(input?.maxFailures ?? '10%'),
    onAmbiguous: input?.onAmbiguous ?? 'park',
  };
}

function maxFailuresOf(written: string | number): Policy['maxFailures'] {
  if (typeof written === 'number') return { kind: 'count', count: written };
  if (written === 'none') return { kind: 'none' };
  return { kind: 'percent', percent: Number(written.slice(0, -1)) };
}

/**
 * Reads budgets such as `900 credits`. A bare number or another unit is an error, since nothing is
 * converted.
 */
function readBudget(
  budget: unknown,
  places: YamlPlaces,
): { caps: BatchDocument['budget']; problems: Problem[] } {
  const caps: Record<string, BatchDocument['budget'][string]> = {};
  const problems: Problem[] = [];
  if (typeof budget !== 'object' || budget === null) return { caps, problems };
  for (const [account, written] of Object.entries(budget)) {
    if (typeof written !== 'string') continue;
    const path = ['budget', account];
    const [amount = '', unit = '', ...rest] = written.trim().split(/\s+/);
    try {
      if (rest.length > 0 || !units.includes(unit as Unit))
        throw new UserError('it takes a number and a unit: "900 credits" or "12.50 usd"');
      caps[account] = { amount: amountFromDecimal(amount, unit as Unit), unit: unit as Unit };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const message = `budget of ${account} is not an amount`;
      const place = places.at(path);
      problems.push({ severity: 'error', message, place, path, hint: error.message });
    }
  }
  return { caps, problems };
}
