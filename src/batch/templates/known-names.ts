import type { Json } from '../../json.ts';
import { type CompiledValue, templatesIn } from './compiled-value.ts';
import type { DocumentPath, Mistake } from '../file/problem-at.ts';
import { didYouMean } from '../file/suggest.ts';

/** The names that a template may use. A name has inner names when all its values are records. */
export class KnownNames {
  readonly #names = new Map<string, ReadonlySet<string> | undefined>();
  readonly #origins = new Map<string, string>();
  #isWhole = true;

  /** False where a table could not be read, so that any name may be one of its columns. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Call when a table could not be read. */
  lackTable(): void {
    this.#isWhole = false;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  inner(name: string): ReadonlySet<string> | undefined {
    return this.#names.get(name);
  }

  list(): string[] {
    return [...this.#names.keys()];
  }

  /** Adds a name. A second meaning or a reserved name is a mistake. */
  define(
    name: string,
    origin: string,
    values: Iterable<Json>,
    path: DocumentPath,
    mistakes: Mistake[],
  ): void {
    const earlier = this.#origins.get(name);
    const message = literals.has(name)
      ? `${name} is a fixed value in templates: it cannot name ${origin}`
      : name === 'shot' || name === 'source'
        ? `${name} is reserved: it cannot name ${origin}`
        : earlier && `${name} means two things: ${earlier} and ${origin}`;
    if (message !== undefined) {
      mistakes.push({
        path,
        at: 'key',
        message,
        hint: earlier ? 'rename one of them' : 'rename it',
      });
      return;
    }
    this.#origins.set(name, origin);
    this.#names.set(name, innerNames(values));
  }

  /** Adds the names of an earlier step, except vars. Names from several source steps are merged. */
  inherit(earlierStep: KnownNames, step: string): void {
    this.#isWhole &&= earlierStep.isWhole;
    for (const [name, inner] of earlierStep.#names) {
      if (earlierStep.#origins.get(name) === varOrigin) continue;
      const earlier = this.#names.get(name);
      const known = this.#names.has(name) && !(earlier && inner) ? undefined : inner;
      this.#names.set(name, known && earlier ? new Set([...earlier, ...known]) : known);
      this.#origins.set(name, `a variable of step ${step}`);
    }
  }
}

/** Words that the template language always reads as values. */
const literals: ReadonlySet<string> = new Set(['true', 'false', 'nil', 'null', 'empty', 'blank']);

export const varOrigin = 'a var';

function innerNames(values: Iterable<Json>): ReadonlySet<string> | undefined {
  const inner = new Set<string>();
  for (const value of values) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    for (const key of Object.keys(value)) inner.add(key);
  }
  return inner.size === 0 ? undefined : inner;
}

const beforeFields = ['step', 'row', 'take', 'model'];
const renderedFields = ['aspectRatio', 'resolution', 'duration', 'outputs', 'seed'];
export const sourceFacts = ['name', 'step', 'model', 'prompt', 'take', 'output'] as const;

/** The `shot.` names that a field may read: those rendered before it. */
function shotNamesFor(field: string): readonly string[] {
  if (field === 'takes' || field === 'train') return [];
  if (field === 'model') return ['step', 'row', 'take'];
  const position = renderedFields.indexOf(field);
  if (position >= 0) return [...beforeFields, ...renderedFields.slice(0, position)];
  if (field === 'name') return ['step', 'row', 'model', ...renderedFields, 'prompt'];
  return [...beforeFields, ...renderedFields];
}

/** Checks one path of a template, or a key of `where`. Undefined when the name is known. */
export function unknownName(
  segments: readonly string[],
  known: KnownNames,
  field: string,
  shotNames: readonly string[],
  hasSource: boolean,
): Omit<Mistake, 'path'> | undefined {
  const [root = '', second] = segments;
  if (root === 'shot') {
    if (second !== undefined && shotNames.includes(second)) return undefined;
    const allowed = shotNames.map((name) => `shot.${name}`);
    return {
      message: `${segments.join('.')} cannot be used in ${field}`,
      allowed,
      hint: allowed.length > 0 ? `there are ${allowed.join(', ')}` : 'no shot. name can',
      didYouMean: second === undefined ? undefined : didYouMean(`shot.${second}`, allowed),
    };
  }
  if (root === 'source') {
    if (!hasSource) return { message: 'source exists only in a step with from' };
    if (second === undefined || sourceFacts.some((fact) => fact === second)) return undefined;
    return notFound(
      `source.${second}`,
      sourceFacts.map((fact) => `source.${fact}`),
    );
  }
  if (!known.has(root)) return known.isWhole ? notFound(root, known.list()) : undefined;
  const inner = known.inner(root);
  if (second === undefined || !inner || inner.has(second)) return undefined;
  return notFound(
    `${root}.${second}`,
    [...inner].map((name) => `${root}.${name}`),
  );
}

function notFound(name: string, allowed: readonly string[]): Omit<Mistake, 'path'> {
  return {
    message: `unknown variable ${name}`,
    allowed,
    hint: allowed.length > 0 ? `there are ${allowed.join(', ')}` : 'this step has no variables',
    didYouMean: didYouMean(name, allowed),
  };
}

/** Checks every template inside a field, and adds the names that it reads to `used`. */
export function checkNames(
  value: CompiledValue,
  field: string,
  context: { known: KnownNames; shotNames?: readonly string[]; hasSource: boolean },
  used: Set<string>,
  mistakes: Mistake[],
): void {
  const shotNames = context.shotNames ?? shotNamesFor(field);
  for (const { template, path } of templatesIn(value)) {
    for (const segments of template.names) {
      const unknown = unknownName(segments, context.known, field, shotNames, context.hasSource);
      if (unknown) mistakes.push({ path, ...unknown });
      used.add(segments[0] ?? '');
      used.add(segments.slice(0, 2).join('.'));
    }
  }
}
