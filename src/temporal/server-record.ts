import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sync as writeFileAtomicSync } from 'write-file-atomic';
import { z } from 'zod';

const recordSchema = z.object({
  pid: z.number().int().positive(),
  /** gRPC, `127.0.0.1:<port>`. */
  address: z.string().regex(/:\d+$/),
  uiPort: z.number().int().positive(),
  serverVersion: z.string(),
  database: z.string(),
  startedAt: z.string(),
});

/** The content of `server.json`, for processes that did not start the server. */
export type ServerRecord = z.infer<typeof recordSchema>;

/** The record; undefined if it is missing or unreadable: then the server is not ours. */
export function readRecord(stateDir: string): ServerRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(recordFile(stateDir), 'utf8')));
  } catch {
    return undefined;
  }
}

export function writeRecord(stateDir: string, record: ServerRecord): void {
  writeFileAtomicSync(recordFile(stateDir), `${JSON.stringify(record, null, 2)}\n`);
}

export function removeRecord(stateDir: string): void {
  rmSync(recordFile(stateDir), { force: true });
}

export function portOf(record: ServerRecord): number {
  return Number(record.address.slice(record.address.lastIndexOf(':') + 1));
}

function recordFile(stateDir: string): string {
  return join(stateDir, 'server.json');
}
