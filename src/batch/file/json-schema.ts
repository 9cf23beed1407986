import { z } from 'zod';
import type { JsonObject } from '../../json.ts';
import { batchSchema } from './schema.ts';

/** The batch file's JSON schema, for completion and checks in editors. */
export function batchJsonSchema(): JsonObject {
  const schema = z.toJSONSchema(batchSchema, { target: 'draft-7', io: 'input', reused: 'inline' });
  return {
    ...(schema as unknown as JsonObject),
    title: 'Shotlist batch',
    description: 'One file describes one batch. Keys that begin with x- are yours.',
    patternProperties: { '^x-': {} },
  };
}
