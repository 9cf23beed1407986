/** Workflow ids and task queues. Pure functions, so that a command finds a worker's workflows. */

/** Task queue of workflows and light activities. */
export const commonTaskQueue = 'shotlist';

/** Task queue of one account, for paid work and work that needs the key. */
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

/** The shown name of an account: `acme` for `acme@https://host`. */
export function accountName(key: string): string {
  return key.split('@')[0] ?? key;
}

/** The base URL of an account: `https://host` for `acme@https://host`. */
export function originOf(key: string): string {
  return key.slice(key.indexOf('@') + 1);
}
