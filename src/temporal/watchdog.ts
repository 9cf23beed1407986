import { answers } from './server-health.ts';
import { isServerRunning } from './server-process.ts';
import { type ServerRecord, portOf } from './server-record.ts';

/** Consecutive checks without an answer until a server counts as hung. A busy server may answer slowly. */
const silentChecksMax = 30;

export interface Watchdog {
  /** Ends the watch after the current check or repair. */
  stop(): Promise<void>;
}

/**
 * Checks the server every `intervalMs` and calls `onDown` when it is gone or hung. The watch ends when
 * `onDown` throws, which means that a repair is impossible. Does not keep the process alive.
 */
export function watchServer(
  record: () => ServerRecord,
  onDown: () => Promise<void>,
  intervalMs = 1_000,
): Watchdog {
  let stopped = false;
  let silentChecks = 0;
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> = Promise.resolve();

  async function check(): Promise<void> {
    const { pid, address } = record();
    const running = isServerRunning(pid, portOf(record()));
    silentChecks = running && (await answers(address, intervalMs)) ? 0 : silentChecks + 1;
    if (stopped || (running && silentChecks < silentChecksMax)) return;
    await onDown();
    silentChecks = 0;
  }

  function next(): void {
    timer = setTimeout(() => {
      underWay = check().then(
        () => (stopped ? undefined : next()),
        () => undefined,
      );
    }, intervalMs);
    timer.unref();
  }

  next();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await underWay;
    },
  };
}
