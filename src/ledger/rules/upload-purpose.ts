import type { ModelChoice } from '../../batch/request.ts';

/**
 * The upload purpose of a reference of a shot. Public models share uploads; references of a trained
 * model belong to that model alone.
 */
export function uploadPurpose(choice: ModelChoice): string {
  switch (choice.kind) {
    case 'public':
      return 'reference';
    case 'training':
      return `training:${choice.set.fingerprint}`;
    case 'existing':
      return `existing:${choice.id}`;
  }
}

/** The vendor's id of the existing model in a purpose; undefined: the purpose has none. */
export function existingModelOf(purpose: string): string | undefined {
  return purpose.startsWith('existing:') ? purpose.slice('existing:'.length) : undefined;
}
