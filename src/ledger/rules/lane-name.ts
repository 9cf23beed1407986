/** The lane of work outside all lanes: jobs that no shot of a lane waits for, and their files. */
export const noLane = '';

/**
 * Names a lane: one step at one account in one planning pass. The name is safe in a file name and
 * in a workflow id. To be short it leaves out the origin of the account, since a batch has one
 * account per name.
 */
export function laneName(step: string, account: string, pass: number): string {
  const name = account.split('@')[0] ?? account;
  return [step, name, String(pass)].map((part) => part.replace(/[^\w-]+/g, '-')).join('.');
}

/** The lane name for the stop of a training; shots that wait for the model stop with it. */
export function trainingLane(fingerprint: string): string {
  return `${trainingLanePrefix}${fingerprint}`;
}
export const trainingLanePrefix = 'training ';
