import { z } from 'zod';
import type { ModelSpec } from '../../batch/model-spec.ts';
import type { JsonObject } from '../../json.ts';
import { isRecord } from './errors.ts';
import type { Params } from './params.ts';
import { paramsOf } from './wire.ts';

/**
 * Checks the parameters against the whole schema: patterns, steps, required fields. Undefined if zod
 * cannot read the schema; then only the table is checked.
 */
export function checkOf(schema: unknown, { fields }: Params): ModelSpec['check'] {
  const parsed = schemaOf(schema);
  if (!parsed) return undefined;
  return (request) => {
    const params = paramsOf(request);
    return issuesOf(parsed, params).flatMap((issue) => {
      const names = issue.code === 'unrecognized_keys' ? issue.keys : [issue.path[0]];
      return names.map((name) => {
        if (name === undefined) return { field: 'options', message: issue.message };
        const text = String(name);
        return {
          field: Object.hasOwn(fields, text) ? text : `options.${text}`,
          message: params[text] === undefined ? 'is needed' : issue.message,
        };
      });
    });
  };
}

/** A schema with endless recursion checks nothing. */
function issuesOf(schema: z.ZodType, params: JsonObject): readonly z.core.$ZodIssue[] {
  try {
    return schema.safeParse(params).error?.issues ?? [];
  } catch {
    return [];
  }
}

function schemaOf(schema: unknown): z.ZodType | undefined {
  if (!isRecord(schema)) return undefined;
  try {
    return z.fromJSONSchema(schema);
  } catch {
    return undefined;
  }
}
