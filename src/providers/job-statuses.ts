/** The words in which a vendor tells how a job stands. Letter case does not count. */
export interface JobStatuses {
  readonly running: readonly string[];
  readonly succeeded: readonly string[];
  readonly failed: readonly string[];
  /**
   * What a status means that is not listed here. `failed`: the vendor documents which statuses are running
   * and that all others are final. `running`: it does not, so that the job's time limit decides.
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
