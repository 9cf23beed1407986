import { sha256OfJson } from './fingerprint.ts';
import type { ShotRequest } from './request.ts';

/**
 * sha-256 over all of a request that its price may depend on: the model, every setting, and how many
 * references of which role. Not the prompt, the seed, or which files and which trained model. Requests of
 * one account with equal keys are expected to be billed alike.
 */
export function priceKey(request: ShotRequest): string {
  return sha256OfJson({
    model: request.model,
    trained: request.choice.kind !== 'public',
    aspectRatio: request.aspectRatio,
    resolution: request.resolution,
    duration: request.duration,
    outputs: request.outputs ?? 1,
    options: request.options,
    references: request.references.map(({ role }) => role ?? '').sort(),
  });
}
