/** The lane of what stands in none: jobs that no shot of a lane waits for, and their files. */
export const noLane = '';

/**
 * Names a lane: one step at one account in one planning pass. Safe in a file name and in a workflow id, and short:
 * the account's origin is left out, since a batch knows one account by a name.
 */
export function laneName(step: string, account: string, pass: number): string {
  const name = account.split('@')[0] ?? account;
  return [step, name, String(pass)].map((part) => part.replace(/[^\w-]+/g, '-')).join('.');
}

/** Under which the stop of a training is noted; shots that wait for the model stop with it. */
export function trainingLane(fingerprint: string): string {
  return `${trainingLanePrefix}${fingerprint}`;
}
export const trainingLanePrefix = 'training ';
