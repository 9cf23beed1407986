import { sha256OfJson } from './fingerprint.ts';
import type { ShotRequest } from './request.ts';

/**
 * sha-256 over the parts of a request that may affect its price: the model, every setting, and the
 * number of references by role. It excludes the prompt, the seed, the files and the trained model.
 * Requests of one account with equal keys are expected to have equal bills.
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
