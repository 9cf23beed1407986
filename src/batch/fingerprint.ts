import { createHash } from 'node:crypto';
import { type JsonObject, canonicalJson } from '../json.ts';
import type { ModelSpec } from './model-spec.ts';
import type { ModelChoice, Reference, ShotRequest } from './request.ts';

/**
 * Raising it makes every shot new and paid again. Raise it only when equal fingerprints gave
 * unequal results.
 */
export const fingerprintVersion = 1;

/**
 * sha-256 over everything that decides a shot's result: operation, model, rendered request,
 * references, take. It includes no account, file path or name, so moving and renaming cost nothing.
 */
export function shotFingerprint(
  request: ShotRequest,
  take: number,
  operation: ModelSpec['operation'],
): string {
  return sha256OfJson({
    version: fingerprintVersion,
    operation,
    model: modelIdentity(request.choice),
    prompt: request.prompt,
    aspectRatio: request.aspectRatio,
    resolution: request.resolution,
    duration: request.duration,
    outputs: request.outputs,
    seed: request.seed,
    options: request.options,
    references: request.references.map(referenceIdentity),
    take,
  });
}

/** Equal images of an equal subject are one training, in any order and under any name. */
export function trainingFingerprint(
  images: readonly { readonly sha256: string }[],
  subject: JsonObject,
): string {
  return sha256OfJson({
    version: fingerprintVersion,
    images: images.map((image) => image.sha256).sort(),
    subject,
  });
}

function modelIdentity(choice: ModelChoice): JsonObject {
  switch (choice.kind) {
    case 'public':
      return { public: choice.id };
    case 'existing':
      return { existing: choice.id };
    case 'training':
      return { training: choice.set.fingerprint };
  }
}

function referenceIdentity(reference: Reference): object {
  const { role } = reference;
  return reference.kind === 'link'
    ? { role, link: reference.url }
    : { role, sha256: reference.sha256 };
}

export function sha256OfJson(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
