/** Unusual forms of a number or a time, used where a plain one is expected. */
const forms = {
  /** A time becomes milliseconds with a fraction. */
  fraction: (value: number) => value + 0.25,
  text: (value: number) => String(value),
  huge: () => 1e21,
  negative: (value: number) => -Math.abs(value) - 1,
  'not-a-number': () => 'NaN',
  exponent: (value: number) => value.toExponential(),
} as const satisfies Record<string, (value: number) => number | string>;

export type NumberForm = keyof typeof forms;

export const numberForms = Object.keys(forms) as readonly NumberForm[];

export function isNumberForm(name: unknown): name is NumberForm {
  return typeof name === 'string' && Object.hasOwn(forms, name);
}

const isoTime = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** Names of fields that hold times, at any of the vendors. */
export const timeFields = '(At|_at|Until)$';

/** Echoes of the request, shown as sent. */
const echoes: ReadonlySet<string> = new Set(['data', 'params', 'request']);

/**
 * Rewrites each number, and each RFC 3339 time, of the matching fields in another form.
 * @returns undefined when no field matches
 */
export function rewriteNumbers(body: unknown, field: RegExp, form: NumberForm): unknown {
  let changed = false;
  const rewrite = (value: unknown, name: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => rewrite(item, name));
    if (value !== null && typeof value === 'object')
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [
          key,
          echoes.has(key) ? item : rewrite(item, key),
        ]),
      );
    const number =
      typeof value === 'string' && isoTime.test(value) ? Date.parse(value) : (value as number);
    if (!field.test(name) || typeof number !== 'number') return value;
    changed = true;
    return forms[form](number);
  };
  const rewritten = rewrite(body, '');
  return changed ? rewritten : undefined;
}
