import { isServerRunning } from './server-process.ts';
import { portOf, readRecord } from './server-record.ts';

/** Address of the project's embedded server, if it runs. Does not start one. */
export function runningServer(stateDir: string): string | undefined {
  const record = readRecord(stateDir);
  if (!record || !isServerRunning(record.pid, portOf(record))) return undefined;
  return record.address;
}
