import { Client, type ClientOptions, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnection } from '@temporalio/worker';
import { messageOf, UserError } from '../errors.ts';
import { memo } from '../memo.ts';

export interface TemporalTarget {
  address: string;
  /** Default: the namespace in Temporal's own configuration, else `default`. */
  namespace?: string;
  /**
   * The environment for Temporal's own configuration (TEMPORAL_API_KEY, TEMPORAL_TLS..., its
   * configuration file). Omit it for the embedded server, which must not inherit it.
   */
  environment?: Readonly<Record<string, string | undefined>>;
  /** Default 10,000. */
  timeoutMs?: number;
  client?: Pick<ClientOptions, 'dataConverter' | 'identity' | 'interceptors'>;
}

export interface TemporalConnection {
  readonly client: Client;
  readonly connection: Connection;
  readonly address: string;
  readonly namespace: string;
  /** The worker's connection, made at the first call. Only this call loads the SDK's native part. */
  nativeConnection(): Promise<NativeConnection>;
  close(): Promise<void>;
}

/** Connects to the embedded server or to TEMPORAL_ADDRESS. @throws UserError if it does not answer */
export async function connectTemporal(target: TemporalTarget): Promise<TemporalConnection> {
  const { address } = target;
  const configured = loadConfiguration(target);
  const namespace = target.namespace ?? configured.namespace ?? 'default';
  const connectionOptions = { ...configured.connectionOptions, address };
  const connection = await Connection.connect({
    ...connectionOptions,
    connectTimeout: target.timeoutMs ?? 10_000,
  }).catch((error: unknown) => {
    throw unreachable(address, error);
  });
  const native = memo(() => connectNatively(connectionOptions));
  return {
    client: new Client({ connection, namespace, ...target.client }),
    connection,
    address,
    namespace,
    nativeConnection: native.get,
    async close() {
      await (await native.current?.catch(() => undefined))?.close();
      await connection.close();
    },
  };
}

/**
 * Installs the SDK's native runtime, once per process and before its first use. Its Core warns about
 * every reconnect, so only errors are shown.
 */
export const installRuntime = memo(async () => {
  const { DefaultLogger, Runtime } = await import('@temporalio/worker');
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
  });
}).get;

async function connectNatively(
  options: ReturnType<typeof loadClientConnectConfig>['connectionOptions'],
): Promise<NativeConnection> {
  await installRuntime();
  const { NativeConnection } = await import('@temporalio/worker');
  return NativeConnection.connect(options).catch((error: unknown) => {
    throw unreachable(options.address ?? 'the default address', error);
  });
}

function loadConfiguration({ environment }: TemporalTarget) {
  // An empty environment without a file gives Temporal's defaults: no TLS, no key.
  if (!environment) return loadClientConnectConfig({ disableFile: true, overrideEnvVars: {} });
  const set = Object.entries(environment).filter(([, value]) => value !== undefined);
  try {
    return loadClientConnectConfig({
      overrideEnvVars: Object.fromEntries(set) as Record<string, string>,
    });
  } catch (error) {
    const reason = messageOf(error);
    throw new UserError(`Temporal's own configuration cannot be read: ${reason}`, {
      next: ['check TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE and the TEMPORAL_TLS settings'],
      cause: error,
    });
  }
}

function unreachable(address: string, cause: unknown): UserError {
  return new UserError(`no Temporal server answers at ${address}`, {
    exitCode: 1,
    next: [
      'check TEMPORAL_ADDRESS, and that the server runs (docker compose up -d temporal)',
      'or unset TEMPORAL_ADDRESS: Shotlist then starts its own server',
    ],
    cause,
  });
}
