/** A vendor's words for the states of a job. Case-insensitive. */
export interface JobStatuses {
  readonly running: readonly string[];
  readonly succeeded: readonly string[];
  readonly failed: readonly string[];
  /**
   * Meaning of a status not listed here. `failed`: the vendor documents the running statuses, and that all
   * other statuses are final. `running`: it does not, so the job's time limit decides.
   */
  readonly unlisted: 'failed' | 'running';
}

export interface ReadStatus {
  readonly means: 'running' | 'succeeded' | 'failed';
  readonly isListed: boolean;
}

export function readStatus(statuses: JobStatuses, reported: string): ReadStatus {
  const word = reported.toLowerCase();
  const isAmong = (list: readonly string[]): boolean =>
    list.some((status) => status.toLowerCase() === word);
  for (const means of ['running', 'succeeded', 'failed'] as const)
    if (isAmong(statuses[means])) return { means, isListed: true };
  return { means: statuses.unlisted, isListed: false };
}
