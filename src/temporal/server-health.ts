import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';

/** The default namespace of a dev server; the embedded server uses no other. */
const embeddedNamespace = 'default';

const retention = '30 days';

/** Whether a Temporal server that serves our namespace answers at `address` within `timeoutMs`. */
export function answers(address: string, timeoutMs: number): Promise<boolean> {
  return succeeds(address, timeoutMs, (connection) =>
    connection.workflowService.describeNamespace({ namespace: embeddedNamespace }),
  );
}

/**
 * Keeps closed workflows for 30 days; by default a dev server deletes them overnight. Returns false if
 * the server cannot save the setting.
 */
export function setRetention(address: string): Promise<boolean> {
  const config = { workflowExecutionRetentionTtl: msToTs(retention) };
  return succeeds(address, 10_000, (connection) =>
    connection.workflowService.updateNamespace({ namespace: embeddedNamespace, config }),
  );
}

async function succeeds(
  address: string,
  timeoutMs: number,
  ask: (connection: Connection) => Promise<unknown>,
): Promise<boolean> {
  const connection = Connection.lazy({ address, connectTimeout: timeoutMs });
  try {
    await connection.withDeadline(Date.now() + timeoutMs, () => ask(connection));
    return true;
  } catch {
    return false;
  } finally {
    await connection.close();
  }
}
