import type { Json, JsonObject } from '../../json.ts';
import { type RequestProblem, fieldProblem } from './request-problem.ts';
import { checkValue } from './check-value.ts';
import { type ModelSpec, commonFields } from '../model-spec.ts';
import { didYouMean } from '../file/suggest.ts';

/** Vendor options that request a callback. Shotlist polls the jobs itself. */
const callbackName = /web_?hook|call_?back/i;

/** Checks a shot's options by their leaf names. Drops an option without a value. */
export function checkOptions(
  written: JsonObject,
  model: string,
  spec: ModelSpec,
  problems: RequestProblem[],
): JsonObject {
  const checked: JsonObject = {};
  for (const [name, value] of Object.entries(written)) {
    if (value === null) continue;
    const refused = refusedOption(name, value, model, spec);
    if (refused) {
      problems.push({ field: `options.${name}`, ...refused });
      continue;
    }
    if (spec.options === 'unchecked') {
      checked[name] = value;
      continue;
    }
    const field = Object.hasOwn(spec.options, name) ? spec.options[name] : undefined;
    if (field === undefined) {
      problems.push(unknownOption(name, model, spec.options));
      continue;
    }
    const result = checkValue(value, field);
    if (result.ok) checked[name] = result.value;
    else problems.push(fieldProblem(`options.${name}`, value, model, result));
  }
  return checked;
}

function refusedOption(
  name: string,
  value: Json,
  model: string,
  spec: ModelSpec,
): { message: string; hint?: string } | undefined {
  if (spec.options !== 'unchecked' && Object.hasOwn(spec.options, name)) return undefined;
  if (callbackName.test(name))
    return {
      message: `${name} is refused: Shotlist follows the jobs itself`,
      hint: 'leave it out',
    };
  const instead = Object.hasOwn(spec.insteadOf, name) ? spec.insteadOf[name] : undefined;
  if (instead !== undefined)
    return { message: `${name} is not written under options`, hint: `write ${instead}` };
  const common = [...commonFields, 'prompt', 'references'].find((field) => field === name);
  if (common !== undefined)
    return {
      message: `${name} is not written under options`,
      hint: `write ${common} beside options`,
    };
  if (isRecord(value) && spec.options !== 'unchecked')
    return {
      message: `${model} takes no option ${name}`,
      hint: `options are flat: write ${leafNames(value).join(', ') || 'the names inside it'} without ${name}`,
    };
  return undefined;
}

function unknownOption(
  name: string,
  model: string,
  options: Readonly<Record<string, unknown>>,
): RequestProblem {
  const allowed = Object.keys(options);
  const suggestion = didYouMean(name, allowed);
  return {
    field: `options.${name}`,
    message: `${model} takes no option ${name}`,
    hint: allowed.length === 0 ? 'it takes no options' : `it takes ${allowed.join(', ')}`,
    allowed,
    ...(suggestion === undefined ? {} : { didYouMean: suggestion }),
  };
}

function isRecord(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function leafNames(record: JsonObject): string[] {
  return Object.entries(record).flatMap(([name, value]) =>
    isRecord(value) ? leafNames(value) : [name],
  );
}
