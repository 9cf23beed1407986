/** Workflow ids and task queues: pure functions, so that a command finds what a worker started. */

/** Workflows and light activities. */
export const commonTaskQueue = 'shotlist';

/** Paid and key-bearing work of one account, by the account's name. */
export function accountTaskQueue(accountName: string): string {
  return `shotlist-${accountName}`;
}

export function batchWorkflowId(batch: string): string {
  return `batch/${batch}`;
}

/** One shard of a lane: `batch/spring/3.1/draw@acme/0`. */
export function shardWorkflowId(shard: {
  batch: string;
  run: number;
  pass: number;
  step: string;
  accountName: string;
  shard: number;
}): string {
  const lane = `${shard.step}@${shard.accountName}`;
  return `${batchWorkflowId(shard.batch)}/${shard.run}.${shard.pass}/${lane}/${shard.shard}`;
}

/** `acme@https://host` is shown as `acme`. */
export function accountName(key: string): string {
  return key.split('@')[0] ?? key;
}

/** `acme@https://host` is reached at `https://host`. */
export function originOf(key: string): string {
  return key.slice(key.indexOf('@') + 1);
}
