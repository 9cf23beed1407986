import type { Json, JsonObject } from '../../json.ts';
import { checkOptions } from './check-options.ts';
import { type FoundReference, checkReferences } from './check-references.ts';
import { checkValue } from './check-value.ts';
import { type AccountSpec, type CommonField, type ModelSpec, commonFields } from '../model-spec.ts';
import type { ModelChoice, ShotRequest } from '../request.ts';
import { type RequestProblem, fieldProblem } from './request-problem.ts';

/** A request with every template rendered but nothing checked. Empty values are absent. */
export interface RequestDraft {
  readonly choice: ModelChoice;
  readonly prompt?: Json;
  readonly fields: Partial<Record<CommonField, Json>>;
  readonly options: JsonObject;
  readonly references: readonly FoundReference[];
}

/**
 * Checks a request strictly against its model and converts it to the vendor's spelling. The request
 * can be sent only when there are no problems.
 */
export function checkRequest(
  draft: RequestDraft,
  account: AccountSpec,
  spec: ModelSpec,
): { request: ShotRequest; problems: readonly RequestProblem[] } {
  const model = `${account.name}:${spec.id}`;
  const problems: RequestProblem[] = [];
  const prompt = checkPrompt(draft.prompt, model, spec, problems);
  const fields = checkFields(draft.fields, model, spec, problems);
  const options = checkOptions(draft.options, model, spec, problems);
  const { references, problems: faulty } = checkReferences(draft.references, account, spec);
  problems.push(...faulty);
  const request: ShotRequest = {
    account: account.name,
    model: spec.id,
    choice: draft.choice,
    ...(prompt === undefined ? {} : { prompt }),
    ...fields,
    options,
    references,
  };
  if (problems.length === 0) problems.push(...(spec.check?.(request) ?? []));
  return { request, problems };
}

function checkPrompt(
  written: Json | undefined,
  model: string,
  spec: ModelSpec,
  problems: RequestProblem[],
): string | undefined {
  if (written === undefined) {
    if (spec.prompt === 'required')
      problems.push({ field: 'prompt', message: `${model} needs a prompt` });
    return undefined;
  }
  if (spec.prompt === 'none') {
    problems.push({ field: 'prompt', message: `${model} takes no prompt` });
    return undefined;
  }
  if (typeof written === 'object') {
    problems.push({
      field: 'prompt',
      message: 'a prompt is text, not a list or a record',
      hint: 'print it with a filter: | json or | join',
    });
    return undefined;
  }
  const prompt = String(written);
  const length = [...prompt].length;
  if (spec.promptMaxLength !== undefined && length > spec.promptMaxLength)
    problems.push({
      field: 'prompt',
      message: `the prompt has ${length} characters; ${model} takes at most ${spec.promptMaxLength}`,
    });
  return prompt;
}

type CheckedFields = Partial<Pick<ShotRequest, CommonField>>;

function checkFields(
  written: Partial<Record<CommonField, Json>>,
  model: string,
  spec: ModelSpec,
  problems: RequestProblem[],
): CheckedFields {
  const checked: Partial<Record<CommonField, Json>> = {};
  for (const field of commonFields) {
    const value = written[field];
    if (value === undefined || (field === 'outputs' && isUsualOutputs(value, spec))) continue;
    const fieldSpec = spec.fields[field];
    if (fieldSpec === undefined) {
      const known = commonFields.filter((name) => spec.fields[name] !== undefined);
      problems.push({
        field,
        message: `${model} takes no ${field}`,
        hint: known.length === 0 ? 'leave it out' : `it takes ${known.join(', ')}`,
        allowed: known,
      });
      continue;
    }
    const result = checkValue(value, fieldSpec);
    if (result.ok) checked[field] = inRequestType(field, result.value);
    else problems.push(fieldProblem(field, value, model, result));
  }
  return checked as CheckedFields;
}

/** Every job makes one output by default, so writing `1` must not change the shot. */
function isUsualOutputs(value: Json, spec: ModelSpec): boolean {
  return String(value) === '1' && (spec.fields.outputs?.default ?? 1) === 1;
}

function inRequestType(field: CommonField, value: Json): Json {
  return field === 'aspectRatio' || field === 'resolution' ? String(value) : Number(value);
}
