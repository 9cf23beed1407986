export { batchWorkflow } from './batch.ts';
export { shardWorkflow } from './shard.ts';
