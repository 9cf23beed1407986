import net from 'node:net';
import { buildConnector, Client } from 'undici';

const connectMs = 10_000;
const keepAliveMs = 60_000;
const toConnect = { timeout: connectMs, allowH2: false };

/**
 * A connection for one request. It can be reset. After a plain close, the kernel may still send queued
 * bytes for minutes.
 */
export class OwnConnection {
  readonly client: Client;
  #tcp: net.Socket | undefined;

  constructor(origin: string) {
    const connect = buildConnector(toConnect);
    this.client = new Client(origin, {
      allowH2: false,
      pipelining: 1,
      connect: (options, callback) => {
        const tcp = net.connect({ host: options.hostname, port: portOf(options) });
        this.#tcp = tcp;
        tcp.setNoDelay(true).setKeepAlive(true, keepAliveMs);
        tcp.setTimeout(connectMs, () => tcp.destroy(new ConnectTimeout()));
        tcp.once('error', (error) => callback(error, null)).on('error', () => undefined);
        tcp.once('connect', () => {
          tcp.setTimeout(0).removeAllListeners('timeout');
          if (options.protocol === 'https:') connect({ ...options, httpSocket: tcp }, callback);
          else callback(null, tcp);
        });
      },
    });
  }

  /** Resets the TCP socket, also under TLS. Nothing more is sent, queued bytes included. */
  reset(): void {
    if (this.#tcp && !this.#tcp.connecting) this.#tcp.resetAndDestroy();
  }

  async close(): Promise<void> {
    await this.client.destroy();
    this.#tcp?.destroy();
  }
}

class ConnectTimeout extends Error {
  readonly code = 'CONNECT_TIMEOUT';
}

function portOf({ port, protocol }: { readonly port: string; readonly protocol: string }): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80);
}
