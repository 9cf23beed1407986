import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** The ports of the server on 127.0.0.1. */
export interface ServerPorts {
  grpc: number;
  ui: number;
}

/** The wanted ports if they are free, else ports from the system. */
export async function choosePorts(wanted: Partial<ServerPorts> = {}): Promise<ServerPorts> {
  const grpc = await holdPort(wanted.grpc);
  const ui = await holdPort(wanted.ui);
  await Promise.all([grpc.free(), ui.free()]);
  return { grpc: grpc.port, ui: ui.port };
}

/** Opens a port. Both ports stay open until both are known, or the system could assign one twice. */
async function holdPort(wanted = 0): Promise<{ port: number; free: () => Promise<void> }> {
  const server = createServer();
  server.listen(wanted, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if (wanted === 0) throw error;
    return holdPort();
  }
  const { port } = server.address() as AddressInfo;
  return {
    port,
    free: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
