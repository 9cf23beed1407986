import { Liquid } from 'liquidjs';

/** Maximum number of characters and list entries that one template may process, counted on each use. */
export const templateCharactersMax = 500_000;
/** Maximum time for one template. */
export const renderMsMax = 60_000;

export const templateTags = ['if', 'unless', 'case', 'for', 'assign', 'capture', 'raw', 'comment'];

const textFilters = [
  'append',
  'prepend',
  'replace',
  'remove',
  'strip',
  'downcase',
  'upcase',
  'capitalize',
  'truncate',
  'truncatewords',
  'split',
];
const numberFilters = [
  'plus',
  'minus',
  'times',
  'divided_by',
  'modulo',
  'round',
  'at_least',
  'at_most',
];
const listFilters = [
  'join',
  'first',
  'last',
  'size',
  'slice',
  'concat',
  'uniq',
  'sort',
  'map',
  'where',
  'compact',
];
const stockFilters = [...textFilters, ...numberFilters, ...listFilters];
export const templateFilters = [...stockFilters, 'default', 'optional', 'slugify', 'json'];

/** Filters that may come first after a blank. */
export const blankFilters: ReadonlySet<string> = new Set(['default', 'optional']);

/** Blank: an empty cell, a JSON null, a missing key, the empty text. Zero and false are values. */
export function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/**
 * Liquid with only the language's own tags and filters: no dates, random values, files or
 * environment. So the same file always gives the same shots, and no secret can reach a prompt.
 */
export function createEngine(): Liquid {
  const engine = new Liquid({
    strictFilters: true,
    ownPropertyOnly: true,
    memoryLimit: templateCharactersMax,
    // The memory limit ends most nested loops sooner, and always at the same place.
    renderLimit: renderMsMax,
    parseLimit: 10_000_000,
  });
  for (const tag of Object.keys(engine.tags)) {
    if (!templateTags.includes(tag)) delete engine.tags[tag];
  }
  for (const filter of Object.keys(engine.filters)) {
    if (!stockFilters.includes(filter)) delete engine.filters[filter];
  }
  for (const name of textFilters) restrict(engine, name, 'text', isText);
  for (const name of numberFilters) restrict(engine, name, 'a number', isNumber);
  engine.registerFilter('default', (value: unknown, fallback: unknown) =>
    isBlank(value) ? fallback : value,
  );
  engine.registerFilter('optional', (value: unknown) => value);
  engine.registerFilter('slugify', slugify);
  engine.registerFilter('json', (value: unknown) => JSON.stringify(value ?? null));
  return engine;
}

/**
 * Restricts the input of a filter. Plain Liquid prints `[object Object]`, joins a list, and counts
 * a word as 0.
 */
function restrict(
  engine: Liquid,
  name: string,
  wanted: string,
  accepts: (value: unknown) => boolean,
): void {
  const stock = engine.filters[name];
  const handler = typeof stock === 'function' ? stock : stock?.handler;
  if (!handler) throw new Error(`liquidjs has no filter ${name}`);
  engine.registerFilter(name, function restricted(...values: unknown[]) {
    const wrong = values.find((value) => !accepts(value));
    if (wrong !== undefined) throw new Error(`${name} needs ${wanted}, not ${describe(wrong)}`);
    return handler.apply(this, values as [unknown, ...unknown[]]) as unknown;
  });
}

function isText(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function isNumber(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() === '' || Number.isFinite(Number(value));
  return isText(value) && typeof value !== 'boolean';
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a record' : JSON.stringify(value);
}

/** `Tea towel, blue` becomes `tea-towel-blue`. Letters and digits of every script stay. */
function slugify(value: unknown): string {
  return String(value ?? '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '');
}
