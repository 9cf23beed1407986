import { describe, expect, inject, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { connectTemporal, installRuntime } from '../../src/temporal/connect.ts';
import { choosePorts } from '../../src/temporal/ports.ts';

const address = inject('temporalAddress');

describe('connectTemporal', () => {
  it('serves a client and a worker connection', async () => {
    const temporal = await connectTemporal({ address });
    expect(temporal.namespace).toBe('default');
    const native = await temporal.nativeConnection();
    expect(await temporal.nativeConnection()).toBe(native);
    await temporal.close();
  });

  it('takes the namespace from the configuration of Temporal, unless one is given', async () => {
    const environment = { TEMPORAL_NAMESPACE: 'images', TEMPORAL_CONFIG_FILE: undefined };
    const configured = await connectTemporal({ address, environment });
    const given = await connectTemporal({ address, environment, namespace: 'videos' });
    expect([configured.namespace, given.namespace]).toEqual(['images', 'videos']);
    await Promise.all([configured.close(), given.close()]);
  });

  it('names the address that does not answer, and what to do', async () => {
    const nowhere = `127.0.0.1:${(await choosePorts()).grpc}`;
    const error = await connectTemporal({ address: nowhere, timeoutMs: 300 }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({
      message: `no Temporal server answers at ${nowhere}`,
      exitCode: 1,
    });
  });
});

describe('installRuntime', () => {
  it('may be called again', async () => {
    await installRuntime();
    await expect(installRuntime()).resolves.toBeUndefined();
  });
});
